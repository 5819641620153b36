"""openssl.py - OpenSSL's s_client and s_server against cssl."""

import time

from lib import (BULK, CSSL, Program, Serve, case, check, check_traced, connect, echo_bulk, facts,
                 feed, make_cert, must_run, path, run, same_bulk, write)

SUITES = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"]
ANY_LEVEL = ["-cipher", "DEFAULT:@SECLEVEL=0"]  # CCM_8's tag is too short for OpenSSL's level 1
GROUPS = {"x25519": "X25519", "secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521",
          "x448": "X448", "ffdhe2048": "ffdhe2048", "ffdhe3072": "ffdhe3072",
          "ffdhe4096": "ffdhe4096"}
HYBRIDS = {"x25519mlkem768": "X25519MLKEM768", "secp256r1mlkem768": "SecP256r1MLKEM768",
           "secp384r1mlkem1024": "SecP384r1MLKEM1024"}
KEMS = {"mlkem512": "MLKEM512", "mlkem768": "MLKEM768", "mlkem1024": "MLKEM1024"}
KINDS = ["p256", "p384", "p521", "ed25519", "ed448", "rsa", "rsapss"]


def openssl_version():
    words = must_run(["openssl", "version"]).split()[1].split(".")
    return int(words[0]), int(words[1])


def groups():
    return {**GROUPS, **HYBRIDS, **KEMS} if openssl_version() >= (3, 5) else GROUPS


def client_arguments(port, *more):
    return ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost",
            "-CAfile", path("ca.pem"), "-verify_return_error", "-verify_hostname", "localhost",
            *more]


class SClient(Program):
    def __init__(self, port, *more, binary=False):
        quiet = ["-quiet"] if binary else []
        super().__init__(client_arguments(port, *quiet, *more), binary=binary)

    def hello(self, text="Hello, server!"):
        # what s_client says of tickets may stand in front of it in the same line
        self.command(text + "\n", f"{text}$")


class SServer(Program):
    def __init__(self, *more, cert="server", binary=False):
        super().__init__(["openssl", "s_server", "-accept", "0", "-cert", path(cert + ".pem"),
                          "-key", path(cert + ".key"), "-tls1_3", *more], binary=binary)
        self.port = None if binary else int(self.until(r"^ACCEPT .*:(\d+)$").group(1))


# ---- Our server ----

@case("s_client, full handshake")
def server_full():
    with Serve() as server, SClient(server.port) as client:
        client.hello()
        client.until("Verify return code: 0")
        event = server.event("connected")
        check(event["protocol"] == "tlsv1.3" and not event["resumed"], str(event))
        check(event["server_name"] == "localhost", str(event))
        client.close_stdin()
        client.wait()
        closed = server.event("closed")
        check("error" not in closed, str(closed))


@case("s_client, each cipher suite")
def server_suites():
    with Serve("--ciphers", ",".join(SUITES)) as server:
        for suite in SUITES:
            with SClient(server.port, "-ciphersuites", suite, *ANY_LEVEL) as client:
                client.hello()
                event = server.event("connected")
                check(event["cipher_suite"] == suite, str(event))


@case("s_client, each group")
def server_groups():
    with Serve("--groups", ",".join(groups())) as server:
        for ours, theirs in groups().items():
            with SClient(server.port, "-groups", theirs) as client:
                client.hello()
                event = server.event("connected")
                check(event["group"] == ours and not event["hello_retry"], str(event))


@case("s_client, each kind of certificate")
def server_certificates():
    for kind in KINDS:
        name = make_cert("server-" + kind, "server", kind)
        client_name = make_cert("client-" + kind, "client", kind)
        with Serve("--cacert", path("ca.pem"), cert=name) as server:
            with SClient(server.port, "-cert", path(client_name + ".pem"), "-key",
                         path(client_name + ".key")) as client:
                client.hello()
                event = server.event("connected")
                check(event["peer_verified"], f"{kind}: {event}")


@case("s_client, resumed")
def server_resumed():
    with Serve() as server:
        with SClient(server.port, "-sess_out", path("session")) as client:
            client.hello()
            check(not server.event("connected")["resumed"], "the first one cannot be resumed")
        for _ in range(2):  # OpenSSL uses a ticket again: a full handshake or a resumed one
            with SClient(server.port, "-sess_in", path("session")) as client:
                client.hello("again")
                client.until("^Reused, TLSv1.3")
                check(server.event("connected")["resumed"], "not resumed")


@case("s_client, early data: once, and not more than is allowed")
def server_early():
    early = write("early", "Early bird\n")
    session = path("early-session")
    with Serve("--max-early-data", "1000") as server:
        def again(text, want):
            with SClient(server.port, "-sess_in", session, "-early_data", text) as client:
                client.until(f"Early data was {want}")
                if want == "accepted":
                    client.until("^Early bird$")
                client.hello()
                check(server.event("connected")["early_data"] ==
                      ("accepted" if want == "accepted" else "refused"), want)
        with SClient(server.port, "-sess_out", session) as client:
            client.hello()
            server.event("connected")
        again(early, "accepted")
        again(early, "accepted")  # the ticket again, but in another ClientHello
    with Serve() as server:  # a ticket that nobody knows here
        again(early, "rejected")


@case("s_client, mutual")
def server_mutual():
    with Serve("--cacert", path("ca.pem")) as server:
        with SClient(server.port, "-cert", path("client.pem"), "-key", path("client.key")) as c:
            c.hello()
            event = server.event("connected")
            check(event["peer_verified"], str(event))
            check(event["certificates"][0]["subject"] == "CN=client", str(event))
        for certificate in [], ["-cert", path("stranger.pem"), "-key", path("stranger.key")]:
            with SClient(server.port, *certificate) as client:
                client.wait()
                client.until("alert certificate required" if not certificate else
                             "alert unknown ca")
                server.event("refused")
    with Serve("--cacert", path("ca.pem"), "--optional-client") as server:
        with SClient(server.port) as client:
            client.hello()
            check(not server.event("connected")["peer_verified"], "nobody was verified")


@case("s_client, HelloRetryRequest")
def server_retry():
    for cookie in [], ["--cacert", path("ca.pem"), "--optional-client"]:
        with Serve("--groups", "x25519", *cookie) as server:
            with SClient(server.port, "-groups", "P-384:X25519") as client:
                client.hello()
                event = server.event("connected")
                check(event["hello_retry"] and event["group"] == "x25519", str(event))


@case("s_client, key update")
def server_key_update():
    with Serve("--once", "--trace=json", "--trace-file", path("trace")) as server:
        with SClient(server.port) as client:
            client.hello("before")
            for letter in "k", "K", "K":
                client.command(letter + "\n", "KEYUPDATE")
                client.hello("after " + letter)
            client.close_stdin()
            client.wait()
        check(server.wait() == 0, server.text())
    check_traced("trace", "client KeyUpdate", "server KeyUpdate")


@case("s_client, ALPN")
def server_alpn():
    with Serve("--alpn", "h2,http/1.1") as server:
        with SClient(server.port, "-alpn", "http/1.1,h2") as client:
            client.hello()
            client.until("^ALPN protocol: h2$")
            check(server.event("connected")["alpn"] == "h2", "our order counts")
        with SClient(server.port, "-alpn", "ftp") as client:
            client.until("no application protocol")
            server.event("refused")


@case("s_client of TLS 1.2 only is refused")
def server_old():
    with Serve("--tls1.3") as server:
        with SClient(server.port, "-tls1_2") as client:
            client.until("alert protocol version")
            error = server.event("refused")["error"]
            check(error["alert"] == "protocol_version", str(error))


@case("s_client, bulk data both ways")
def server_bulk():
    for more in [], ["--key-update-at", str(BULK // 10)]:
        with Serve(*more) as server, SClient(server.port, binary=True) as client:
            echo_bulk(client)


# ---- Our client ----

@case("s_server, full handshake")
def client_full():
    with SServer("-rev") as server:
        out, err = connect(server.port, data=b"Hello, server!\n")
        check(out == "!revres ,olleH\n", out)
        check("Trusted" in err, err)


@case("s_server, each cipher suite")
def client_suites():
    with SServer("-rev", "-ciphersuites", ":".join(SUITES), *ANY_LEVEL) as server:
        for suite in SUITES:
            known = facts(server.port, "--ciphers", suite)
            check(known["cipher_suite"] == suite, str(known))


@case("s_server, each group")
def client_groups():
    with SServer("-rev", "-groups", ":".join(groups().values())) as server:
        for group in groups():
            known = facts(server.port, "--groups", group)
            check(known["group"] == group and not known["hello_retry"], str(known))


@case("s_server, each kind of certificate")
def client_certificates():
    for kind in KINDS:
        name = make_cert("server-" + kind, "server", kind)
        client_name = make_cert("client-" + kind, "client", kind)
        with SServer("-rev", "-Verify", "1", "-verify_return_error", "-CAfile", path("ca.pem"),
                     cert=name) as server:
            connect(server.port, "--cert", path(client_name + ".pem"), "--key",
                    path(client_name + ".key"), data=b"x\n")


@case("s_server, resumed")
def client_resumed():
    for tickets in [], ["-no_ticket"]:
        with SServer("-rev", *tickets) as server:
            connect(server.port, "--sess-out", path("kept"), data=b"x\n")
            known = facts(server.port, "--sess-in", path("kept"))
            check(known["resumed"] and known["peer_verified"], str(known))
            known = facts(server.port)
            check(not known["resumed"], str(known))


@case("s_server, early data")
def client_early():
    early = write("early", "Early bird\n")
    with SServer("-early_data", "-no_anti_replay") as server:
        connect(server.port, "--sess-out", path("kept"), "--early-data", early, data=b"x\n",
                code=None)
        for _ in range(2):
            known = facts(server.port, "--sess-in", path("kept"), "--early-data", early, code=None)
            check(known["resumed"] and known["early_data"] == "accepted", str(known))
            server.until("^Early bird")
    with SServer("-rev") as server:  # it knows no ticket, and takes no early data
        out, err = connect(server.port, "--sess-in", path("kept"), "--early-data", early)
        check("drib ylraE" in out, out)  # sent again, and answered
        check("refused" in err, err)
    with SServer("-groups", "P-256", "-early_data") as server:  # after HelloRetryRequest
        connect(server.port, "--sess-out", path("kept"), data=b"x\n", code=None)
        known = facts(server.port, "--sess-in", path("kept"), "--early-data", early, code=None)
        check(known["early_data"] == "refused" and known["hello_retry"], str(known))


@case("a session is not resumed under another name or another authority")
def client_not_resumed():
    with SServer("-rev") as server:
        connect(server.port, "--sess-out", path("kept"), data=b"x\n")
        _, err = connect(server.port, "--sess-in", path("kept"), "--name", "other.example",
                         code=1, data=b"x\n")
        check("Trusted" not in err, err)
        _, err = connect(server.port, "--sess-in", path("kept"), code=1, data=b"x\n",
                         cacert="other-ca")
        check("Trusted" not in err, err)


@case("s_server, mutual")
def client_mutual():
    with SServer("-rev", "-Verify", "1", "-verify_return_error", "-CAfile",
                 path("ca.pem")) as server:
        connect(server.port, "--cert", path("client.pem"), "--key", path("client.key"),
                data=b"x\n")
        _, err = connect(server.port, code=1, data=b"x\n")
        check("Certificate required" in err, err)
        _, err = connect(server.port, "--cert", path("stranger.pem"), "--key",
                         path("stranger.key"), code=1, data=b"x\n")
        check("Unknown CA" in err, err)


@case("s_server, HelloRetryRequest")
def client_retry():
    with SServer("-rev", "-groups", "P-384") as server:
        known = facts(server.port, "--groups", "x25519,secp384r1")
        check(known["hello_retry"] and known["group"] == "secp384r1", str(known))
        connect(server.port, "--groups", "x25519,secp384r1", data=b"x\n")
    with SServer("-rev", "-groups", "P-384", "-stateless") as server:  # with a cookie
        known = facts(server.port, "--groups", "x25519,secp384r1")
        check(known["hello_retry"] and known["group"] == "secp384r1", str(known))


@case("s_server, key update")
def client_key_update():
    with SServer() as server:
        with Program([CSSL, "connect", "--quiet", "--cacert", path("ca.pem"), "--trace=json",
                      "--trace-file", path("trace"), f"localhost:{server.port}"]) as client:
            client.say("before\n")
            server.until("before$")
            for letter in "k", "K":
                server.say(letter + "\n")
                repeat(server, f"server {letter}", client)
                client.say(f"client {letter}\n")
                server.until(f"client {letter}$")
            server.say("Q\n")
            client.wait()
    check_traced("trace", "client KeyUpdate", "server KeyUpdate")


@case("s_server, ALPN")
def client_alpn():
    with SServer("-rev", "-alpn", "h2,http/1.1") as server:
        check(facts(server.port, "--alpn", "http/1.1")["alpn"] == "http/1.1", "no http/1.1")
        connect(server.port, "--alpn", "ftp", code=1)


@case("s_server without a right to be trusted")
def client_refuses():
    with SServer("-rev") as server:
        _, err = connect(server.port, cacert="other-ca", code=1, data=b"secret\n")
        check("Not trusted" in err and "Nothing was sent" in err, err)
        _, err = connect(server.port, "--name", "example.org", code=1, data=b"secret\n")
        check("Not trusted" in err and "example.org" in err, err)
        _, err = connect(server.port, "--insecure", cacert=None, code=1, data=b"x\n")
        check("ANYBODY" in err, err)
        check("secret" not in server.text(), "data went to a server that is not trusted")


@case("s_server, bulk data both ways")
def client_bulk():
    for more in [], ["--key-update-at", str(BULK // 10)]:
        client_bulk_once(more)


def client_bulk_once(more):
    # With -quiet, s_server says nothing, not even its port: a first one finds a free port.
    with SServer() as first:
        port = first.port
    with SServer("-quiet", "-accept", str(port), binary=True) as server:
        with connected_client(port, more) as client:
            feed(client.process.stdin, "up")
            feed(server.process.stdin, "down")
            same_bulk((server.process.stdout, "up"), (client.process.stdout, "down"))


def connected_client(port, more):
    """cssl connect with a connection that stands; tried again while nothing listens there."""
    deadline = time.monotonic() + 30
    while True:
        client = Program([CSSL, "connect", "--cacert", path("ca.pem"), *more,
                          f"localhost:{port}"], binary=True)
        if client.until("^Trusted|no connection could be made").group(0) == "Trusted":
            return client
        client.kill()
        check(time.monotonic() < deadline, f"nothing listens on port {port}")


def repeat(speaker, text, listener):
    """Says a line until it arrives: s_server forgets what it reads together with a command."""
    deadline = time.monotonic() + 30
    while not any(line == text for line in list(listener.said)):
        check(time.monotonic() < deadline, f"'{text}' does not arrive")
        speaker.say(text + "\n")
        with listener.news:
            listener.news.wait(0.2)


if __name__ == "__main__":
    run("openssl", ["openssl"])
