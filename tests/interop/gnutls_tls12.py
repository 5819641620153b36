"""gnutls_tls12.py - TLS 1.2 with gnutls-cli and gnutls-serv: every suite that both have, every
group, resumption, renegotiation, client certificates; and what GnuTLS has beyond that in both
versions: record_size_limit and certificates that are asked for later."""

import re

from lib import (PSK, PSK_OPTIONS, Failure, Peer, Program, case, check, free_port, identity,
                 make_cert, must_run, path, run, suites, write)

TLS12 = "NORMAL:-VERS-ALL:+VERS-TLS1.2"
TLS13 = "NORMAL:-VERS-ALL:+VERS-TLS1.3"
ANY = "-CIPHER-ALL:-MAC-ALL:-KX-ALL"
ALL = "+PSK:+DHE-PSK:+ECDHE-PSK:+RSA-PSK:+RSA:+AES-128-CCM-8:+AES-256-CCM-8:+SHA256:+SHA384"
GROUPS = {"x25519": "X25519", "secp256r1": "SECP256R1", "secp384r1": "SECP384R1",
          "secp521r1": "SECP521R1"}
MACS = {"aead": "AEAD", "sha": "SHA1", "sha256": "SHA256", "sha384": "SHA384"}


def shared():
    """Suites of both: (our name, the priority that leaves only it, the certificate it needs)."""
    listed = re.findall(r"0x(\w\w), 0x(\w\w)\s+TLS1", must_run(["gnutls-cli", "--list"]))
    theirs = {high + low for high, low in listed}
    rows = []
    for name, _, exchange, cipher, mac, number in suites("1.2"):
        if number in theirs:
            kx, bulk = (words.upper().replace("_", "-") for words in (exchange, cipher))
            cert = ("server" if exchange == "ecdhe_ecdsa" else
                    "" if exchange in ("psk", "dhe_psk", "ecdhe_psk") else "rsa-server")
            rows.append((name, f"{TLS12}:{ANY}:+{kx}:+{bulk}:+{MACS[mac]}", cert))
    check(len(rows) > 40, f"too few are shared: {rows}")
    make_cert("rsa-server", "encipher", "rsa")
    return rows


class Cli(Program):
    def __init__(self, port, priority, *more):
        super().__init__(["gnutls-cli", "--port", port, "--x509cafile", path("ca.pem"),
                          "--priority", priority, *more, "localhost"])

    def hello(self, text="Hello, server!"):
        self.until("Handshake was completed")
        self.command(text + "\n", f"{text}$")


def serv(priority, *more, cert="server"):
    """gnutls-serv cannot tell a port that it chose, so it gets one, again when it is taken."""
    own = ["--x509certfile", path(cert + ".pem"), "--x509keyfile", path(cert + ".key")]
    for _ in range(10):
        port = free_port()
        server = Program(["gnutls-serv", "--port", port, "--echo", "--priority", priority,
                          *(own if cert else []), *more])
        server.port = port
        try:
            server.until("listening on IPv4.*done|IPv4 0.0.0.0 port .*done", 10)
            return server
        except Failure:
            server.kill()
    raise Failure(f"gnutls-serv does not listen: {server.text()}")


def client_of(server, *options, **more):
    return Peer(*options, port=server.port, **more)


def exchange(peer, text="Hello, server!"):
    peer.say(text + "\n")
    peer.next(f"^{text}$")


# ---- Our server ----

@case("gnutls-cli, each suite of TLS 1.2")
def server_suites():
    psk = ["--pskusername", "interop", "--pskkey", PSK]
    rows = shared()
    for cert in "server", "rsa-server", "":
        mine = [row for row in rows if row[2] == cert]
        with Peer("versions=1", "ciphers=" + ",".join(row[0] for row in mine),
                  *(identity(cert) if cert else PSK_OPTIONS)) as server:
            for name, priority, _ in mine:
                with Cli(server.port, priority, *([] if cert else psk)) as client:
                    try:
                        server.connected(cipher_suite=name)
                        # gnutls-cli 3.7 crashes when it shows DHE_PSK, with gnutls-serv too
                        if "DHE_PSK" not in name and "PSK_DHE" not in name:
                            client.hello("x" * 3000)
                    except Failure as failure:
                        raise Failure(f"{name}: {failure}\n{server.text()[-500:]}") from None


@case("gnutls-cli, each group of TLS 1.2")
def server_groups():
    make_cert("rsa-server", "encipher", "rsa")
    with Peer("versions=1", *identity("rsa-server")) as server:
        for ours, theirs in GROUPS.items():
            with Cli(server.port, f"{TLS12}:-GROUP-ALL:+GROUP-{theirs}") as client:
                client.hello()
                server.connected(group=ours)


@case("gnutls-cli, TLS 1.2 resumed by ticket and by session identifier")
def server_resumed():
    for priority in TLS12, TLS12 + ":%NO_TICKETS":
        with Peer("versions=1", *identity("server")) as server:
            with Cli(server.port, priority, "--resume") as client:
                client.until("This is a resumed session")
                server.connected(resumed=False, extended_master_secret=True)
                server.connected(resumed=True, extended_master_secret=True)
                client.command("again\n", "again$")


# A GnuTLS that had a ticket in the first handshake takes one for granted in the next, whatever the
# hellos say.

@case("gnutls-cli renegotiates, where it may")
def server_renegotiation():
    with Peer("versions=1", "client_renegotiation=on", *identity("server")) as server:
        for tickets in "", ":%NO_TICKETS":
            with Cli(server.port, TLS12 + tickets, "--rehandshake") as client:
                server.connected(secure_renegotiation=True)
                server.connected(secure_renegotiation=True)
                client.command("after\n", "after$")


@case("gnutls-cli shows a client certificate in TLS 1.2")
def server_mutual():
    with Peer("versions=1", "cacertfile=" + path("ca.pem"), "verify=peer",
              *identity("server")) as server:
        with Cli(server.port, TLS12, "--x509certfile", path("client.pem"), "--x509keyfile",
                 path("client.key")) as client:
            client.hello()
            server.connected(peer_verified=True)


@case("gnutls-cli and a record size that we limit")
def server_limit():
    name = make_cert("client-rsa", "client", "rsa")
    for versions, priority in ("1", TLS12), ("2", TLS13):
        with Peer("versions=" + versions, "record_size_limit=512", *identity("server"),
                  "cacertfile=" + path("ca.pem"), "verify=peer") as server:
            with Cli(server.port, priority, "--x509certfile", path(name + ".pem"), "--x509keyfile",
                     path(name + ".key")) as client:
                # GnuTLS names its own limit always: 16 KiB, and one byte more in TLS 1.3. Its
                # Certificate needs several records; of more data gnutls-cli sends but one record.
                limit = server.connected(peer_verified=True)["record_size_limit"]
                check(limit in (16384, 16385), f"a limit of {limit}")
                client.hello("x" * 400)


@case("gnutls-cli is asked for its certificate later")
def server_later():
    with Peer("versions=2", "cacertfile=" + path("ca.pem"), "verify=peer",
              "post_handshake_auth=1", *identity("server")) as server:
        with Cli(server.port, TLS13, "--post-handshake-auth", "--x509certfile",
                 path("client.pem"), "--x509keyfile", path("client.key")) as client:
            client.hello()
            server.connected(peer_verified=False)
            server.say("!certificate\n")
            server.next("^authenticated$")
            server.connected(peer_verified=True, client_signature_scheme="ecdsa_secp256r1_sha256")
            client.command("after\n", "after$")


# ---- Our client ----

@case("gnutls-serv, each suite of TLS 1.2")
def client_suites():
    psk = ["--pskpasswd", write("psk", f"interop:{PSK}\n")]
    rows = shared()
    for cert in "server", "rsa-server", "":
        with serv(f"{TLS12}:{ALL}", *([] if cert else psk), cert=cert) as server:
            for name, _, needed in rows:
                if needed == cert:
                    with client_of(server, "versions=1", "ciphers=" + name,
                                   *([] if cert else PSK_OPTIONS)) as peer:
                        peer.connected(cipher_suite=name)
                        exchange(peer, "x" * 3000)


@case("gnutls-serv, each group of TLS 1.2")
def client_groups():
    make_cert("rsa-server", "encipher", "rsa")
    with serv(TLS12, cert="rsa-server") as server:
        for group in GROUPS:
            both = {group: 0, "secp256r1": 0}  # that of the authority's key
            with client_of(server, "versions=1", "supported_groups=" + ",".join(both)) as peer:
                peer.connected()
                exchange(peer)


@case("gnutls-serv, TLS 1.2 resumed by ticket and by session identifier")
def client_resumed():
    for more in [], ["--noticket"]:
        with serv(TLS12, *more) as server, client_of(server, "versions=1") as peer:
            peer.connected(resumed=False, extended_master_secret=True)
            exchange(peer)
            peer.say("!again\n")
            peer.connected(resumed=True, peer_verified=True)
            exchange(peer)


@case("gnutls-serv renegotiates, and so do we")
def client_renegotiates():
    for tickets in [], ["--noticket"]:
        with serv(TLS12, *tickets) as server:
            with client_of(server, "versions=1", "client_renegotiation=on") as peer:
                peer.connected(secure_renegotiation=True)
                peer.say("**REHANDSHAKE**\n")
                peer.connected(secure_renegotiation=True)
                exchange(peer)
                peer.say("!renegotiate\n")
                peer.connected(secure_renegotiation=True)
                exchange(peer)


@case("gnutls-serv wants a client certificate in TLS 1.2")
def client_mutual():
    with serv(TLS12, "--require-client-cert", "--verify-client-cert", "--x509cafile",
              path("ca.pem")) as server:
        with client_of(server, "versions=1", *identity("client")) as peer:
            peer.connected(client_signature_scheme="ecdsa_secp256r1_sha256")
            exchange(peer)
        with client_of(server, "versions=1", code=1) as peer:
            peer.next("^error ")


@case("gnutls-serv limits the size of records, and so do we")
def client_limit():
    for versions, priority in ("1", TLS12), ("2", TLS13):
        with serv(priority, "--recordsize", "600") as server:
            with client_of(server, "versions=" + versions, "record_size_limit=700") as peer:
                limit = peer.connected()["record_size_limit"]
                check(limit in (600, 601), f"a limit of {limit}")
                exchange(peer, "x" * 3000)


@case("gnutls-serv asks for a certificate later")
def client_later():
    with serv(TLS13, "--disable-client-cert", "--verify-client-cert", "--x509cafile",
              path("ca.pem")) as server:
        with client_of(server, "versions=2", "post_handshake_auth=1",
                       *identity("client")) as peer:
            peer.connected()
            peer.say("**REAUTH**\n")
            peer.next("^Successfully executed command")  # data before that it does not take
            exchange(peer, "after")


if __name__ == "__main__":
    run("gnutls", ["gnutls-cli", "gnutls-serv"])
