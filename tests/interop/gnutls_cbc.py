"""gnutls_cbc.py - CBC suites of TLS 1.2 with GnuTLS, which says whether the MAC comes after, and
record_size_limit, which it sends by itself."""

from lib import Failure, Program, Serve, case, check, connect, facts, free_port, path, run

NO_CBC_YET = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:-MAC-ALL"
SUITES = {"+AES-128-CBC:+SHA1": "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
          "+AES-256-CBC:+SHA1": "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
          "+AES-128-CBC:+SHA256": "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
          "+AES-256-CBC:+SHA384": "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"}


class Cli(Program):
    def __init__(self, port, priority, *more):
        super().__init__(["gnutls-cli", "--port", port, "--x509cafile", path("ca.pem"),
                          "--priority", priority, *more, "localhost"])

    def hello(self, text):
        self.until("Handshake was completed")
        self.command(text + "\n", f"{text}$")


def serv(priority):
    """gnutls-serv cannot tell a port that it chose, so it gets one, again when it is taken."""
    for _ in range(10):
        port = free_port()
        server = Program(["gnutls-serv", "--port", port, "--echo", "--x509certfile",
                          path("server.pem"), "--x509keyfile", path("server.key"),
                          "--priority", priority])
        server.port = port
        try:
            server.until("listening on IPv4.*done|IPv4 0.0.0.0 port .*done", 10)
            return server
        except Failure:
            server.kill()
    raise Failure("gnutls-serv does not listen")


@case("gnutls-cli, each CBC suite, MAC before and after")
def server_suites():
    for theirs, ours in SUITES.items():
        with Serve("--tls1.2", "--ciphers", ours) as server:
            for etm in "", ":%NO_ETM":
                priority = NO_CBC_YET + ":" + theirs + etm
                with Cli(server.port, priority) as peer:
                    peer.hello("x" * 3000)
                    check(("EtM" in peer.text()) == (etm == ""), peer.text())
                    check(server.event("connected")["cipher_suite"] == ours, ours)


@case("gnutls-serv, each CBC suite, MAC before and after")
def client_suites():
    for theirs, ours in SUITES.items():
        for etm in "", ":%NO_ETM":
            with serv(NO_CBC_YET + ":" + theirs + etm) as server:
                known = facts(server.port, "--tls1.2", "--ciphers", ours)
                check(known["cipher_suite"] == ours, str(known))
                out, _ = connect(server.port, "--tls1.2", "--ciphers", ours,
                                 data=b"y" * 3000 + b"\n")
                check(out == "y" * 3000 + "\n", out[:100])


@case("gnutls-cli names how long records may be")
def server_short():
    for version in "1.2", "1.3":
        with Serve("--tls1.2", "--tls1.3") as server:
            with Cli(server.port, "NORMAL:-VERS-ALL:+VERS-TLS" + version, "--recordsize",
                     "512") as peer:
                peer.hello("x" * 400)  # the certificate was longer than a record may be
                server.event("connected")


if __name__ == "__main__":
    run("gnutls", ["gnutls-cli", "gnutls-serv"])
