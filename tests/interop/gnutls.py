"""gnutls.py - GnuTLS's gnutls-cli and gnutls-serv against cssl."""

from lib import (BULK, CSSL, FOLDER, Failure, Peer, Program, Serve, bulk, case, check, check_traced,
                 connect, download_bulk, echo_bulk, facts, free_port, identity, path, run,
                 upload_bulk, write)

FEW = str(BULK // 5)  # GnuTLS gives up when more than eight key updates come within a second
TLS13 = "NORMAL:-VERS-ALL:+VERS-TLS1.3"
SUITES = {"TLS_AES_128_GCM_SHA256": "AES-128-GCM", "TLS_AES_256_GCM_SHA384": "AES-256-GCM",
          "TLS_CHACHA20_POLY1305_SHA256": "CHACHA20-POLY1305",
          "TLS_AES_128_CCM_SHA256": "AES-128-CCM"}
GROUPS = {"x25519": "X25519", "secp256r1": "SECP256R1", "secp384r1": "SECP384R1",
          "secp521r1": "SECP521R1", "x448": "X448", "ffdhe2048": "FFDHE2048",
          "ffdhe3072": "FFDHE3072", "ffdhe4096": "FFDHE4096"}


def only_groups(*names):
    return TLS13 + ":-GROUP-ALL" + "".join(":+GROUP-" + n for n in names)


class Cli(Program):
    def __init__(self, port, *more, priority=TLS13, binary=False):
        super().__init__(["gnutls-cli", "--port", port, "--x509cafile", path("ca.pem"),
                          "--priority", priority, *more, "localhost"], binary=binary)

    def hello(self, text="Hello, server!"):
        self.until("Handshake was completed")
        self.command(text + "\n", f"{text}$")


class Serv(Program):
    """gnutls-serv cannot tell a port that it chose, so it gets one, again when it is taken."""

    def __new__(cls, *more, priority=TLS13):
        for _ in range(10):
            port = free_port()
            server = Program(["gnutls-serv", "--port", port, "--echo", "--x509certfile",
                              path("server.pem"), "--x509keyfile", path("server.key"),
                              "--priority", priority, *more])
            server.port = port
            try:
                server.until("listening on IPv4.*done|IPv4 0.0.0.0 port .*done", 10)
                return server
            except Failure:
                server.kill()
        raise Failure(f"gnutls-serv does not listen: {server.text()}")


# ---- Our server ----

@case("gnutls-cli, full handshake")
def server_full():
    with Serve() as server, Cli(server.port) as client:
        client.hello()
        event = server.event("connected")
        check(event["protocol"] == "tlsv1.3" and event["server_name"] == "localhost", str(event))
        client.close_stdin()
        client.wait()
        check("error" not in server.event("closed"), "not closed in order")


@case("gnutls-cli, each suite and group")
def server_choices():
    with Serve("--ciphers", ",".join(SUITES), "--groups", ",".join(GROUPS)) as server:
        for ours, theirs in SUITES.items():
            with Cli(server.port, priority=f"{TLS13}:-CIPHER-ALL:+{theirs}") as client:
                client.hello()
                event = server.event("connected")
                check(event["cipher_suite"] == ours, str(event))
        for ours, theirs in GROUPS.items():
            with Cli(server.port, priority=only_groups(theirs)) as client:
                client.hello()
                event = server.event("connected")
                check(event["group"] == ours, str(event))


@case("gnutls-cli, resumed")
def server_resumed():
    with Serve() as server:
        with Cli(server.port, "--resume", "--waitresumption") as client:
            client.until("This is a resumed session")
            check(not server.event("connected")["resumed"], "the first one cannot be resumed")
            check(server.event("connected")["resumed"], "not resumed")
            client.command("again\n", "again$")


@case("gnutls-cli, early data")
def server_early():
    early = write("early", "Early bird\n")
    with Serve("--max-early-data", "1000") as server:
        with Cli(server.port, "--resume", "--waitresumption", "--earlydata", early) as client:
            client.until("^Early bird$")
            server.event("connected")
            check(server.event("connected")["early_data"] == "accepted", "refused")
            client.command("again\n", "again$")


@case("gnutls-cli, mutual")
def server_mutual():
    with Serve("--cacert", path("ca.pem")) as server:
        with Cli(server.port, "--x509certfile", path("client.pem"), "--x509keyfile",
                 path("client.key")) as client:
            client.hello()
            event = server.event("connected")
            check(event["peer_verified"], str(event))
        with Cli(server.port) as client:
            client.until("(?i)certificate is required|certificate required")
            server.event("refused")
            client.kill()


@case("gnutls-cli, HelloRetryRequest")
def server_retry():
    with Serve("--groups", "x25519") as server:
        with Cli(server.port, "--single-key-share",
                 priority=only_groups("SECP384R1", "X25519")) as client:
            client.hello()
            event = server.event("connected")
            check(event["hello_retry"] and event["group"] == "x25519", str(event))


@case("gnutls-cli, key update")
def server_key_update():
    with Serve("--once", "--trace=json", "--trace-file", path("trace")) as server:
        with Cli(server.port, "--inline-commands") as client:
            client.hello("before")
            for command in "^rekey1^", "^rekey^":
                client.command(command + "\n", "Rekey was completed")
                client.command("after\n", "after$")
            client.close_stdin()
            client.wait()
        check(server.wait() == 0, server.text())
    check_traced("trace", "client KeyUpdate", "server KeyUpdate")


@case("gnutls-cli, bulk data up and down")
def server_bulk():
    # One way after the other: gnutls-cli cannot read while it waits to write. It prints what it
    # receives with one system call a byte, hence less in that direction.
    less = BULK // 20
    bulk("down", less)
    for more in [], ["--key-update-at", FEW]:
        with Serve("--www", *more) as server:
            with Cli(server.port, "--logfile", path("gnutls.log"), binary=True) as client:
                upload_bulk(client)
        with Serve("--files", FOLDER, *more) as server:
            with Cli(server.port, "--logfile", path("gnutls.log"), binary=True) as client:
                download_bulk(client, size=less)


# ---- Our client ----

@case("gnutls-serv, full handshake")
def client_full():
    with Serv() as server:
        out, err = connect(server.port, data=b"Hello, server!\n")
        check(out == "Hello, server!\n" and "Trusted" in err, out + err)


@case("gnutls-serv, each suite and group")
def client_choices():
    with Serv(priority=TLS13 + ":+AES-128-CCM") as server:
        for suite in SUITES:
            check(facts(server.port, "--ciphers", suite)["cipher_suite"] == suite, suite)
        for group in GROUPS:
            check(facts(server.port, "--groups", group)["group"] == group, group)


@case("gnutls-serv, resumed")
def client_resumed():
    with Serv() as server:
        connect(server.port, "--sess-out", path("kept"), data=b"x\n")
        known = facts(server.port, "--sess-in", path("kept"))
        check(known["resumed"] and known["peer_verified"], str(known))


@case("gnutls-serv, early data")
def client_early():
    early = write("early", "Early bird\n")
    with Serv("--earlydata", "--maxearlydata", "100") as server:
        connect(server.port, "--sess-out", path("kept"), data=b"x\n")
        known = facts(server.port, "--sess-in", path("kept"), "--early-data", early)
        check(known["resumed"] and known["early_data"] == "accepted", str(known))


@case("gnutls-cli, a raw public key or a certificate of the same server")
def raw_keys():
    types = {"RAWPK": "raw_public_key", "X509": "x509"}
    for version, kind in [(v, k) for v in ("1.2", "1.3") for k in types]:
        with Peer("own_cert_types=raw_public_key,x509", *identity("server")) as server:
            priority = f"NORMAL:-VERS-ALL:+VERS-TLS{version}:-CTYPE-SRV-ALL:+CTYPE-SRV-{kind}"
            with Cli(server.port, "--insecure", priority=priority) as client:
                client.hello()
                server.connected(server_cert_type=types[kind], protocol="tlsv" + version)


@case("gnutls-serv, mutual")
def client_mutual():
    with Serv("--require-client-cert", "--verify-client-cert", "--x509cafile",
              path("ca.pem")) as server:
        out, _ = connect(server.port, "--cert", path("client.pem"), "--key", path("client.key"),
                         data=b"x\n")
        check(out == "x\n", out)
        connect(server.port, code=1, data=b"x\n")
        connect(server.port, "--cert", path("stranger.pem"), "--key", path("stranger.key"),
                code=1, data=b"x\n")


@case("gnutls-serv, HelloRetryRequest")
def client_retry():
    with Serv(priority=only_groups("SECP384R1")) as server:
        known = facts(server.port, "--groups", "x25519,secp384r1")
        check(known["hello_retry"] and known["group"] == "secp384r1", str(known))


@case("gnutls-serv, bulk data both ways, with key updates of ours")
def client_bulk():
    for more in [], ["--key-update-at", FEW]:
        with Serv() as server:
            with Program([CSSL, "connect", "--quiet", "--cacert", path("ca.pem"), *more,
                          f"localhost:{server.port}"], binary=True) as client:
                echo_bulk(client)


if __name__ == "__main__":
    run("gnutls", ["gnutls-cli", "gnutls-serv"])
