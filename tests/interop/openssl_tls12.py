"""openssl_tls12.py - TLS 1.2 with OpenSSL's s_client and s_server: every suite that both have,
every group, every signature scheme, resumption, renegotiation, client certificates."""

from lib import (PSK, PSK_OPTIONS, Failure, Peer, Program, case, check, identity, make_cert,
                 must_run, path, run, suites)

LEVEL = ":@SECLEVEL=0"
ALL = "ALL:PSK" + LEVEL
GROUPS = {"x25519": "X25519", "secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521",
          "x448": "X448"}
SCHEMES = {"ecdsa_secp256r1_sha256": ("p256", "ECDSA+SHA256"),
           "ecdsa_secp384r1_sha384": ("p384", "ECDSA+SHA384"),
           "ecdsa_secp521r1_sha512": ("p521", "ECDSA+SHA512"),
           "ed25519": ("ed25519", "ed25519"), "ed448": ("ed448", "ed448"),
           "rsa_pss_rsae_sha256": ("rsa", "rsa_pss_rsae_sha256"),
           "rsa_pss_rsae_sha384": ("rsa", "rsa_pss_rsae_sha384"),
           "rsa_pss_rsae_sha512": ("rsa", "rsa_pss_rsae_sha512"),
           "rsa_pss_pss_sha256": ("rsapss", "rsa_pss_pss_sha256"),
           "rsa_pss_pss_sha384": ("rsapss", "rsa_pss_pss_sha384"),
           "rsa_pss_pss_sha512": ("rsapss", "rsa_pss_pss_sha512"),
           "rsa_pkcs1_sha256": ("rsa", "RSA+SHA256"), "rsa_pkcs1_sha384": ("rsa", "RSA+SHA384"),
           "rsa_pkcs1_sha512": ("rsa", "RSA+SHA512")}


def shared():
    """Suites of both, by the certificate that a server needs for them ("" for none)."""
    theirs = set(must_run(["openssl", "ciphers", "-s", "-tls1_2", "-psk", ALL]).strip().split(":"))
    sorts = {"server": [], "rsa-server": [], "": []}
    for ours, name, exchange, *_ in suites("1.2"):
        if name in theirs:
            kind = ("server" if exchange == "ecdhe_ecdsa" else
                    "" if exchange.endswith("psk") and exchange != "rsa_psk" else "rsa-server")
            sorts[kind].append((ours, name))
    check(sum(len(rows) for rows in sorts.values()) > 50, f"too few are shared: {sorts}")
    make_cert("rsa-server", "encipher", "rsa")
    return sorts


def client(port, *more):
    return Program(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername",
                    "localhost", "-CAfile", path("ca.pem"), "-verify_return_error", "-tls1_2",
                    *more])


class SServer(Program):
    def __init__(self, *more, cert="server"):
        own = (["-cert", path(cert + ".pem"), "-key", path(cert + ".key")] if cert else ["-nocert"])
        super().__init__(["openssl", "s_server", "-accept", "0", "-tls1_2", *own, *more])
        self.port = int(self.until(r"^ACCEPT .*:(\d+)$").group(1))


def names(rows):
    return "ciphers=" + ",".join(ours for ours, _ in rows)


def psk_if(needed):
    return ["-psk", PSK, "-psk_identity", "interop"] if needed else []


# ---- Our server ----

@case("s_client, each suite")
def server_suites():
    for cert, rows in shared().items():
        own = identity(cert) if cert else PSK_OPTIONS
        with Peer(names(rows), "versions=1", *own) as server:
            for ours, theirs in rows:
                try:
                    with client(server.port, "-cipher", theirs + LEVEL, *psk_if(not cert)) as peer:
                        peer.command("x" * 3000 + "\n", "x{3000}$")
                        server.connected(cipher_suite=ours, protocol="tlsv1.2")
                except Failure as failure:
                    raise Failure(f"{ours}: {failure}\n{server.text()[-2000:]}") from None


@case("s_client, each group")
def server_groups():
    # P-256 is there for the certificate's key, and comes last on our side
    order = sorted(GROUPS, key=lambda name: name == "secp256r1")
    with Peer("supported_groups=" + ",".join(order), "versions=1", *identity("server")) as server:
        for ours, theirs in GROUPS.items():
            with client(server.port, "-groups", ":".join({theirs: 0, "P-256": 0})) as peer:
                peer.command("hello\n", "^hello$")
                server.connected(group=ours)


@case("s_client, each signature scheme, of servers and of clients")
def server_schemes():
    for scheme, (kind, theirs) in SCHEMES.items():
        cert = make_cert("server-" + kind, "server", kind)
        own = make_cert("client-" + kind, "client", kind)
        with Peer("versions=1", *identity(cert), "cacertfile=" + path("ca.pem"), "verify=peer",
                  "signature_algs=" + scheme) as server:
            # the authority signs by ECDSA, which OpenSSL wants to be named too
            offered = theirs if kind == "p256" else theirs + ":ECDSA+SHA256"
            with client(server.port, "-sigalgs", offered, "-cert", path(own + ".pem"), "-key",
                        path(own + ".key")) as peer:
                peer.command("hello\n", "^hello$")
                server.connected(signature_scheme=scheme, client_signature_scheme=scheme,
                                 peer_verified=True)


@case("s_client, resumed by ticket and by session identifier")
def server_resumed():
    for ours, theirs in ([], []), ([], ["-no_ticket"]), (["session_tickets=stateful"], []):
        with Peer("versions=1", *ours, *identity("server")) as server:
            with client(server.port, "-sess_out", path("session"), *theirs) as peer:
                peer.command("hello\n", "^hello$")
                server.connected(resumed=False, extended_master_secret=True)
            with client(server.port, "-sess_in", path("session"), *theirs) as peer:
                peer.command("again\n", "^again$")
                peer.until("^Reused, TLSv1.2")
                server.connected(resumed=True, extended_master_secret=True)


@case("s_client renegotiates, where it may")
def server_renegotiation():
    with Peer("versions=1", "client_renegotiation=on", *identity("server")) as server:
        with client(server.port) as peer:
            peer.command("before\n", "^before$")
            server.connected(secure_renegotiation=True)
            peer.command("R\n", "^RENEGOTIATING")
            server.connected(secure_renegotiation=True)
            peer.command("after\n", "^after$")
    with Peer("versions=1", *identity("server"), code=None) as server:
        with client(server.port) as peer:
            peer.command("before\n", "^before$")
            server.connected()
            peer.command("R\n", "no renegotiation")  # OpenSSL gives up then


@case("s_client, renegotiation of ours, with a client certificate at the second time")
def server_renegotiates():
    with Peer("versions=1", "cacertfile=" + path("ca.pem"), "verify=peer",
              *identity("server")) as server:
        with client(server.port, "-cert", path("client.pem"), "-key", path("client.key")) as peer:
            peer.command("before\n", "^before$")
            server.connected(peer_verified=True)
            server.say("!renegotiate\n")
            server.connected(peer_verified=True)
            peer.command("after\n", "^after$")


# ---- Our client ----

@case("s_server, each suite")
def client_suites():
    must_run(["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt",
              "group:ffdhe2048", "-out", path("dh")])
    for cert, rows in shared().items():
        with SServer("-rev", "-cipher", ALL, "-dhparam", path("dh"), *psk_if(not cert),
                     cert=cert) as server:
            for ours, _ in rows:
                try:
                    with Peer("versions=1", "ciphers=" + ours, *([] if cert else PSK_OPTIONS),
                              port=server.port) as peer:
                        peer.connected(cipher_suite=ours)
                        peer.say("a" * 3000 + "b\n")
                        peer.next("^ba{3000}$")
                except Failure as failure:
                    raise Failure(f"{ours}: {failure}\n{server.text()[-2000:]}") from None


@case("s_server, each group")
def client_groups():
    for ours, theirs in GROUPS.items():
        with SServer("-rev", "-groups", theirs) as server:
            both = {ours: 0, "secp256r1": 0}  # that of the certificate's key
            with Peer("versions=1", "supported_groups=" + ",".join(both),
                      port=server.port) as peer:
                peer.connected(group=ours)


@case("s_server, each signature scheme, of servers and of clients")
def client_schemes():
    for scheme, (kind, theirs) in SCHEMES.items():
        cert = make_cert("server-" + kind, "server", kind)
        own = make_cert("client-" + kind, "client", kind)
        offered = theirs if kind == "p256" else theirs + ":ECDSA+SHA256"
        with SServer("-rev", "-Verify", "1", "-verify_return_error", "-CAfile", path("ca.pem"),
                     "-sigalgs", offered, "-client_sigalgs", offered, cert=cert) as server:
            with Peer("versions=1", *identity(own), "signature_algs=" + scheme,
                      port=server.port) as peer:
                peer.connected(signature_scheme=scheme, client_signature_scheme=scheme)


@case("s_server, resumed by ticket and by session identifier")
def client_resumed():
    for more in [], ["-no_ticket"]:
        with SServer("-rev", *more) as server:
            with Peer("versions=1", port=server.port) as peer:
                peer.connected(resumed=False)
                peer.say("one\n")
                peer.next("^eno$")
                peer.say("!again\n")
                peer.connected(resumed=True, peer_verified=True)
                peer.say("two\n")
                peer.next("^owt$")


@case("s_server renegotiates, and so do we")
def client_renegotiates():
    with SServer("-Verify", "1", "-CAfile", path("ca.pem"), "-client_renegotiation") as server:
        with Peer("versions=1", "client_renegotiation=on", *identity("client"),
                  port=server.port) as peer:
            peer.connected(secure_renegotiation=True)
            server.command("r\n", ".*")  # its HelloRequest
            peer.connected(secure_renegotiation=True)
            peer.say("!renegotiate\n")
            peer.connected(secure_renegotiation=True)
            peer.say("after\n")
            server.until("^after$")


if __name__ == "__main__":
    run("openssl", ["openssl"])
