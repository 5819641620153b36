"""go.py - Go's crypto/tls against cssl, in both roles (go_peer.go)."""

import functools
import os

from lib import (BULK, CSSL, HERE, Program, Serve, case, check, connect, echo_bulk, facts,
                 must_run, path, run)


@functools.lru_cache(None)
def peer():
    """Compiles the peer; whatever Go keeps stays in the test's folder, and nothing is fetched."""
    environment = dict(os.environ, GOCACHE=path("go-cache"), GOPATH=path("go"), GOFLAGS="-mod=mod",
                       GOPROXY="off", GO111MODULE="off", HOME=path(""), CGO_ENABLED="0")
    must_run(["go", "build", "-o", path("go-peer"), os.path.join(HERE, "go_peer.go")],
             env=environment, seconds=300)
    return path("go-peer")


def client(port, mode, binary=False, version="1.3"):
    return Program([peer(), "client", port, path(""), mode, version], binary=binary)


def server(mode="plain", version="1.3"):
    program = Program([peer(), "server", path(""), mode, version])
    program.port = int(program.until(r"^port (\d+)").group(1))
    return program


# ---- Our server ----

@case("client, full")
def server_full():
    with Serve() as ours, client(ours.port, "plain") as go:
        go.command("Hello, server!\n", "Hello, server!$")
        event = ours.event("connected")
        check(event["protocol"] == "tlsv1.3" and event["server_name"] == "localhost", str(event))
        go.close_stdin()
        check(go.wait() == 0, go.text())
        check("error" not in ours.event("closed"), ours.text())


@case("client, resumed")
def server_resumed():
    with Serve() as ours, client(ours.port, "resume") as go:
        go.until("resumed=true")
        go.command("again\n", "again$")
        check(not ours.event("connected")["resumed"], "the first one cannot be resumed")
        check(ours.event("connected")["resumed"], "not resumed")


@case("client, mutual")
def server_mutual():
    with Serve("--cacert", path("ca.pem")) as ours:
        with client(ours.port, "mutual") as go:
            go.command("x\n", "x$")
            check(ours.event("connected")["peer_verified"], "not verified")
        with client(ours.port, "plain") as go:
            check(go.wait() == 1 and "certificate required" in go.text(), go.text())


@case("client, HelloRetryRequest")
def server_retry():
    with Serve("--groups", "secp384r1") as ours, client(ours.port, "retry") as go:
        go.command("x\n", "x$")
        check(ours.event("connected")["hello_retry"], "no HelloRetryRequest")


@case("client, bulk data both ways, with key updates of ours")
def server_bulk():
    for more in [], ["--key-update-at", str(BULK // 10)]:
        with Serve(*more) as ours, client(ours.port, "plain", binary=True) as go:
            echo_bulk(go)


# ---- Our client ----

@case("server, full and resumed")
def client_resumed():
    with server() as go:
        out, _ = connect(go.port, "--sess-out", path("kept"), data=b"Hello, Go!")
        check(out == "Hello, Go!", out)
        known = facts(go.port, "--sess-in", path("kept"))
        check(known["resumed"] and known["peer_verified"], str(known))


@case("server, mutual")
def client_mutual():
    with server("mutual") as go:
        out, _ = connect(go.port, "--cert", path("client.pem"), "--key", path("client.key"),
                         data=b"x")
        check(out == "x", out)
        connect(go.port, data=b"x", code=1)
        connect(go.port, "--cert", path("stranger.pem"), "--key", path("stranger.key"), data=b"x",
                code=1)


@case("server, HelloRetryRequest")
def client_retry():
    with server("retry") as go:
        known = facts(go.port, "--groups", "x25519,secp384r1")
        check(known["hello_retry"] and known["group"] == "secp384r1", str(known))


@case("server, bulk data both ways, with key updates of ours")
def client_bulk():
    for more in [], ["--key-update-at", str(BULK // 10)]:
        with server() as go:
            with Program([CSSL, "connect", "--quiet", "--cacert", path("ca.pem"), *more,
                          f"localhost:{go.port}"], binary=True) as ours:
                echo_bulk(ours)


@case("TLS 1.2, both roles: full, resumed where it can be, mutual")
def tls12():
    with Serve("--tls1.2") as ours, client(ours.port, "resume", version="1.2") as go:
        go.command("again\n", "again$")
        check(ours.event("connected")["protocol"] == "tlsv1.2", "another version")
        # Go before 1.21 has no extended master secret, without which cssl resumes nothing
        resumed = ours.event("connected")["resumed"]
        check(resumed == ("resumed=true" in go.text()), "two opinions\n" + go.text())
    with Serve("--tls1.2", "--cacert", path("ca.pem")) as ours:
        with client(ours.port, "mutual", version="1.2") as go:
            go.command("x\n", "x$")
            check(ours.event("connected")["peer_verified"], "not verified")
    with server(version="1.2") as go:
        known = facts(go.port, "--tls1.2")
        check(known["peer_verified"] and known["protocol"] == "tlsv1.2", str(known))
    with server("mutual", version="1.2") as go:
        out, _ = connect(go.port, "--cert", path("client.pem"), "--key", path("client.key"),
                         data=b"x")
        check(out == "x", out)
        connect(go.port, data=b"x", code=1)


if __name__ == "__main__":
    run("go", ["go"])
