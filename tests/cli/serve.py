"""serve.py - cssl serve: signals, many connections, options, files that it writes."""

import os
import signal
import socket
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))

from lib import (CSSL, FOLDER, Program, Serve, bulk, case, check,  # noqa: E402
                 connect, facts, path, run, run_program, same_bulk, write)


def talking(port):
    """A client with a connection that stands and was answered."""
    client = Program([CSSL, "connect", "--cacert", path("ca.pem"), f"localhost:{port}"])
    client.command("hello\n", "^hello$")
    return client


@case("a hundred connections at once")
def many():
    with Serve() as server:
        clients = [Program([CSSL, "connect", "--quiet", "--cacert", path("ca.pem"),
                            f"localhost:{server.port}"]) for _ in range(100)]
        for number, client in enumerate(clients):
            client.say(f"number {number}\n")
        for number, client in enumerate(clients):
            client.until(f"^number {number}$")
        for client in clients:
            client.close_stdin()
        for client in clients:
            check(client.wait() == 0, client.text())


@case("clients that say nothing, or no TLS, do not disturb others")
def disturbers():
    with Serve() as server:
        silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
        with socket.create_connection(("127.0.0.1", server.port)) as s:
            s.sendall(b"GET / HTTP/1.0\r\n\r\n")
            check(s.recv(100)[:1] == b"\x15", "no alert")
        out, _ = connect(server.port, data=b"hello")
        check(out == "hello", out)
        check("error" in server.event("refused"), "no reason")
        for s in silent:
            s.close()


@case("SIGTERM: no new connections, an orderly end for those there are")
def stopping():
    with Serve() as server, talking(server.port) as client:
        server.process.send_signal(signal.SIGTERM)
        check(client.wait() == 0, client.text())
        check(server.wait() == 0, server.text())


@case("SIGTERM: an answer that was begun is finished")
def finishing():
    size = 20_000_000
    bulk("slow", size)
    with Serve("--files", FOLDER) as server:
        with Program([CSSL, "connect", "--quiet", "--cacert", path("ca.pem"),
                      f"localhost:{server.port}"], binary=True) as client:
            client.say("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while client.process.stdout.readline().strip():
                pass
            server.process.send_signal(signal.SIGTERM)
            server.event("stopping")
            same_bulk((client.process.stdout, "slow"), size=size)
            check(client.wait() == 0, client.text())
        check(server.wait() == 0, server.text())


@case("a second signal ends at once")
def ending():
    with Serve() as server:
        with Program(["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{server.port}",
                      "-CAfile", path("ca.pem")]) as client:
            client.command("hello\n", "hello$")
            client.process.send_signal(signal.SIGSTOP)  # it will not answer close_notify
            server.process.send_signal(signal.SIGINT)
            server.event("stopping")
            server.process.send_signal(signal.SIGINT)
            check(server.wait(8) == 0, server.text())


@case("--once")
def once():
    with Serve("--once") as server:
        connect(server.port, data=b"hello")
        check(server.wait() == 0, server.text())
    with Serve("--once") as server:
        connect(server.port, cacert="other-ca", code=1)
        check(server.wait() == 1, server.text())


@case("--reply shows what came")
def reply():
    with Serve("--reply", "Hello, secure world!") as server:
        out, _ = connect(server.port, data=b"Hello, \x1b[31mserver!\n")
        check(out == "Hello, secure world!\n", out)
        check(server.event("received")["text"] == "Hello, \\x1b[31mserver!", "not escaped")


@case("the key log is for its owner alone")
def keylog():
    umask = os.umask(0)
    try:
        with Serve("--keylog", path("keys.log")) as server:
            connect(server.port, data=b"hello")
            server.until("warning: the secrets")
    finally:
        os.umask(umask)
    check(stat.S_IMODE(os.stat(path("keys.log")).st_mode) == 0o600, "readable for others")
    with open(path("keys.log"), encoding="ascii") as file:
        labels = [line.split()[0] for line in file]
    for label in ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                  "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"):
        check(label in labels, f"no {label} in {labels}")
    os.chmod(path("keys.log"), 0o644)
    refused(1, "chmod 600", "--cert", path("server.pem"), "--key", path("server.key"),
            "--keylog", path("keys.log"))


@case("a trace as a picture")
def picture():
    with Serve("--trace=svg", "--trace-file", path("trace.svg")) as server:
        facts(server.port)
    with open(path("trace.svg"), encoding="utf-8") as file:
        text = file.read()
    check(text.startswith("<") and "<svg" in text and "ClientHello" in text, text[:300])


def refused(code, sentence, *arguments):
    got, out, err = run_program([CSSL, "serve", "--port", "0", *arguments])
    check(got == code and sentence in err, f"{arguments}: {got} instead of {code}\n{out}{err}")


@case("wrong options, each with its sentence")
def options():
    identity = ["--cert", path("server.pem"), "--key", path("server.key")]
    refused(2, "a server needs a certificate")
    refused(2, "exclude each other", *identity, "--echo", "--www")
    refused(2, "exclude each other", *identity, "--require-client", "--optional-client")
    refused(2, "is no option", *identity, "8443")
    refused(2, "not '70000'", *identity, "--port", "70000")
    refused(2, "text, ascii, mermaid, svg or json", *identity, "--trace=png")
    refused(2, "--trace-file FILE", *identity, "--trace=svg")
    refused(2, "no empty one", *identity, "--alpn", "h2,,http/1.1")
    refused(1, "x25520", *identity, "--groups", "x25520")
    refused(1, "TLS_RSA", *identity, "--ciphers", "TLS_RSA_WITH_NULL_MD5")
    refused(1, "nothing.pem", "--cert", path("nothing.pem"))
    refused(1, "cannot be served", *identity, "--files", path("nothing"))
    refused(1, "", "--cert", path("server.pem"), "--key", path("client.key"))
    refused(1, "", *identity, "--ip", "192.0.2.1")
    os.chmod(path("other-ca.key"), 0o644)
    with socket.socket() as s:
        s.bind(("0.0.0.0", 0))
        s.listen()
        port = s.getsockname()[1]
        refused(1, str(port), *identity, "--ip", "0.0.0.0", "--port", str(port))


@case("an encrypted key and its password")
def password():
    code, _, err = run_program(["openssl", "pkcs8", "-topk8", "-in", path("server.key"), "-out",
                                path("locked.key"), "-v2", "aes-256-cbc", "-passout", "pass:open"])
    check(code == 0, err)
    os.chmod(path("locked.key"), 0o600)
    write("password", "open\n")
    os.chmod(path("password"), 0o600)
    locked = ["--cert", path("server.pem"), "--key", path("locked.key")]
    with Program([CSSL, "serve", "--port", "0", *locked, "--password-file",
                  path("password")]) as server:
        port = server.until(r"port (\d+)").group(1)
        connect(port, data=b"hello")
        check(server.terminate() == 0, server.text())
    refused(1, "password", *locked)
    write("password", "wrong\n")
    refused(1, "password", *locked, "--password-file", path("password"))


if __name__ == "__main__":
    run("serve", ["openssl"])
