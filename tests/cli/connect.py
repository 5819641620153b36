"""connect.py - cssl connect: STARTTLS, servers that stall or cut off, sessions, options."""

import json
import os
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))

from lib import (CSSL, PATIENCE, Program, Serve, case, check, connect,  # noqa: E402
                 facts, path, run, run_program, write)


class Server(threading.Thread):
    """A server of one connection after the other, of Python's own TLS. before(socket) speaks the
    protocol that comes before TLS; after(socket) what comes under it."""

    def __init__(self, before=None, after=None):
        super().__init__(daemon=True)
        self.before, self.after = before, after
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(path("server.pem"), path("server.key"))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            plain.settimeout(PATIENCE)
            try:
                if self.before is not None:
                    self.before(plain)
                with self.context.wrap_socket(plain, server_side=True,
                                              suppress_ragged_eofs=False) as secure:
                    (self.after or echo)(secure)
            except (OSError, ValueError):
                pass
            finally:
                plain.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def echo(secure):
    data = secure.recv(1000)
    secure.sendall(data)
    secure.unwrap()


def expect(s, wanted):
    got = b""
    while len(got) < len(wanted):
        piece = s.recv(len(wanted) - len(got))
        if not piece:
            raise OSError("the client hung up")
        got += piece
    if got != wanted:
        raise OSError(f"the client said {got!r}")


def smtp(s):
    s.sendall(b"220 mail.example ESMTP\r\n")
    expect(s, b"EHLO localhost\r\n")
    s.sendall(b"250-mail.example\r\n250-SIZE 1000\r\n250 STARTTLS\r\n")
    expect(s, b"STARTTLS\r\n")
    s.sendall(b"220 go\r\n")


def imap(s):
    s.sendall(b"* OK hello\r\n")
    expect(s, b"c1 CAPABILITY\r\n")
    s.sendall(b"* CAPABILITY IMAP4rev2 STARTTLS LOGINDISABLED\r\nc1 OK done\r\n")
    expect(s, b"c2 STARTTLS\r\n")
    s.sendall(b"c2 OK go\r\n")


def pop3(s):
    s.sendall(b"+OK hello\r\n")
    expect(s, b"CAPA\r\n")
    s.sendall(b"+OK\r\nTOP\r\nSTLS\r\n.\r\n")
    expect(s, b"STLS\r\n")
    s.sendall(b"+OK go\r\n")


def postgres(s):
    expect(s, bytes.fromhex("0000000804d2162f"))
    s.sendall(b"S")


def ldap(s):
    expect(s, bytes.fromhex("301d0201017718801" "6") + b"1.3.6.1.4.1.1466.20037")
    s.sendall(bytes.fromhex("300c02010178070a010004000400"))


def xmpp(s):
    expect(s, b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream="
              b"'http://etherx.jabber.org/streams' to='localhost' version='1.0'>")
    s.sendall(b"<?xml version='1.0'?><stream:stream><stream:features><starttls xmlns="
              b"'urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>")
    expect(s, b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    s.sendall(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")


PROTOCOLS = {"smtp": smtp, "imap": imap, "pop3": pop3, "postgres": postgres, "ldap": ldap,
             "xmpp": xmpp}


@case("STARTTLS of each protocol")
def starttls():
    for name, before in PROTOCOLS.items():
        with Server(before) as server:
            out, err = connect(server.port, "--starttls", name, data=b"Hello, server!\n")
            check(out == "Hello, server!\n" and "Trusted" in err, f"{name}: {out}{err}")
            _, err = connect(server.port, "--starttls", name, cacert="other-ca", code=1,
                             data=b"secret")
            check("Not trusted" in err and "Nothing was sent" in err, f"{name}: {err}")


@case("bytes put between a server's consent and TLS")
def injected():
    for name, before in PROTOCOLS.items():
        def inject(s, speak=before):
            class Injecting:  # the last thing it sends has something behind it
                recv = s.recv

                @staticmethod
                def sendall(data):
                    last = data in (b"220 go\r\n", b"c2 OK go\r\n", b"+OK go\r\n", b"S") or \
                        data.startswith((b"0\x0c", b"<proceed"))
                    s.sendall(data + (b"INJECTED\r\n" if last else b""))

            speak(Injecting)

        with Server(inject) as server:
            _, err = connect(server.port, "--starttls", name, code=1, data=b"secret")
            check("between the server's consent and TLS" in err, f"{name}: {err}")


@case("a server that does not offer STARTTLS")
def stripped():
    def before(s):
        s.sendall(b"220 mail.example ESMTP\r\n")
        expect(s, b"EHLO localhost\r\n")
        s.sendall(b"250 SIZE 1000\r\n")

    with Server(before) as server:
        _, err = connect(server.port, "--starttls", "smtp", code=1, data=b"secret")
        check("does not offer STARTTLS" in err, err)


@case("a connection that is cut off")
def truncated():
    def after(secure):
        secure.sendall(b"half of it")
        while secure.recv(100):
            pass  # what is left unread would make the kernel send a reset, which loses the half
        os.close(secure.detach())

    with Server(after=after) as server:
        out, err = connect(server.port, code=1)
        check(out == "half of it", out)
        check("without close_notify" in err, err)


@case("servers that stall, each within its time")
def stalling():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for more in [], ["--starttls", "smtp"]:
            started = time.monotonic()
            _, err = connect(port, *more, "--timeout", "1", code=1)
            check(time.monotonic() - started < 20, "too late")
            check("time ran out" in err, err)

    done = threading.Event()

    def stubborn(secure):
        while secure.recv(100):
            pass
        done.wait(PATIENCE)  # our end came, and it says nothing

    with Server(after=stubborn) as server:
        _, err = connect(server.port, "--timeout", "1", code=1, data=b"x")
        check("seconds after our end" in err, err)
        done.set()


@case("nobody there")
def nobody():
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    _, err = connect(port, code=1)
    check("no connection could be made" in err, err)
    code, _, err = run_program([CSSL, "connect", "nothing.invalid:443"])
    check(code == 1 and "nothing.invalid" in err, err)


@case("both ways to its end: the server's answer after our end")
def half_close():
    def after(secure):
        data = b""
        while piece := secure.recv(1000):  # it ends at close_notify; the other way is still open
            data += piece
        secure.sendall(b"I got " + str(len(data)).encode())
        secure.unwrap()

    with Server(after=after) as server:
        out, _ = connect(server.port, data=b"x" * 50000)
        check(out == "I got 50000", out)


@case("sessions: kept for the owner alone, used once, and no others")
def sessions():
    with Serve() as server:
        umask = os.umask(0)
        try:
            connect(server.port, "--sess-out", path("kept"), data=b"x")
        finally:
            os.umask(umask)
        check(stat.S_IMODE(os.stat(path("kept")).st_mode) == 0o600, "readable for others")
        check(facts(server.port, "--sess-in", path("kept"))["resumed"], "not resumed")
        write("broken", "no session")
        _, err = connect(server.port, "--sess-in", path("broken"), code=1)
        check("cssl connect:" in err, err)
        _, err = connect(server.port, "--sess-in", path("nothing"), code=1)
        check("nothing" in err, err)


@case("JSON, also of what failed")
def as_json():
    with Serve() as server:
        known = facts(server.port)
        check(known["trusted"] and known["peer_verified"], str(known))
        known = facts(server.port, cacert="other-ca", code=1)
        check(not known["trusted"] and known["certificates"], str(known))
        check(known["not_trusted"]["reason"] and known["error"]["alert"] == "unknown_ca",
              json.dumps(known))
        known = facts(server.port, "--insecure", cacert="other-ca", code=1)
        check(not known["trusted"] and not known["peer_verified"], str(known))


@case("a stdout that is gone, and one that is slow")
def output():
    with Serve() as server:
        process = subprocess.Popen(
            [CSSL, "connect", "--quiet", "--cacert", path("ca.pem"), f"localhost:{server.port}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.close()
        process.stdin.write(b"hello\n")
        process.stdin.flush()
        check(process.wait(PATIENCE) == 1, "exit code 0 without having said what came")
        check(b"stdout" in process.stderr.read(), "no sentence")
        process.stdin.close()
        process.stderr.close()


@case("addresses and names")
def names():
    with Serve() as server:
        for host in "localhost", "127.0.0.1", "[::1]":
            connect(server.port, host=host, data=b"x")
        connect(server.port, "--name", "localhost", host="127.0.0.1", data=b"x")
        _, err = connect(server.port, "--name", "example.org", code=1, data=b"x")
        check("example.org" in err, err)
        with Program([CSSL, "connect", "--quiet", "--cacert", path("ca.pem"), "--port",
                      server.port, "localhost"]) as client:
            client.command("x\n", "^x$")


@case("wrong options, each with its sentence")
def options():
    for code, sentence, arguments in [
            (2, "whom to connect to", []),
            (2, "is too much", ["a:1", "b:2"]),
            (2, "smtp, imap", ["--starttls", "ftp", "a:1"]),
            (2, "Say it once", ["--port", "1", "a:2"]),
            (2, "number from 1", ["--timeout", "0", "a:1"]),
            (2, "1 to 65535", ["a:70000"]),
            (1, "nothing.pem", ["--cacert", path("nothing.pem"), "localhost:1"]),
            (1, "nothing.pem", ["--cert", path("nothing.pem"), "localhost:1"])]:
        got, out, err = run_program([CSSL, "connect", *arguments])
        check(got == code and sentence in err, f"{arguments}: {got}\n{out}{err}")


if __name__ == "__main__":
    run("connect", ["openssl"])
