"""examples.py - runs the programs of examples/ against each other, as a newcomer would."""

import os
import re
import socket
import subprocess
import threading
import unittest

BUILD = os.path.join(os.environ.get("CSSL_BUILD_DIR", "build"), "examples")
SOURCE = os.environ.get("CSSL_SOURCE_DIR", os.path.join(os.path.dirname(__file__), "..", ".."))
CERTS = os.path.join(SOURCE, "tests", "certs")
CA, OTHER_CA = (os.path.join(CERTS, name) for name in ("ca.pem", "other-ca.pem"))
SERVER = [os.path.join(CERTS, name) for name in ("server.pem", "server.key.pem")]
CLIENT = [os.path.join(CERTS, name) for name in ("client.pem", "client.key.pem")]
TIMEOUT = 60


def program(name):
    return os.path.join(BUILD, name)


def run(*argv, data=b""):
    return subprocess.run([program(argv[0]), *argv[1:]], input=data, capture_output=True,
                          timeout=TIMEOUT, check=False)


class Server:
    """A server on a free port, stopped at the end of a with block."""

    def __init__(self, name, *argv):
        self.child = subprocess.Popen([program(name), "0", *argv], stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE)
        line = self.child.stdout.readline().decode()
        found = re.fullmatch(r"Listening on port (\d+)\n", line)
        if found is None:
            self.child.kill()
            raise AssertionError(f"{name} said {line!r}: {self.child.communicate()}")
        self.port = found.group(1)
        self.heard = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.out, self.err = self.stop()

    def hear(self, text):
        """Waits until the server has said text on stderr."""
        watch = threading.Timer(TIMEOUT, self.child.kill)
        watch.start()
        while text not in self.heard:
            line = self.child.stderr.readline().decode()
            if line == "":
                raise AssertionError(f"{text!r} is not in {self.heard!r}")
            self.heard += line
        watch.cancel()

    def stop(self):
        self.child.terminate()
        out, err = (text.decode() for text in self.child.communicate(timeout=TIMEOUT))
        return out, self.heard + err


class Examples(unittest.TestCase):
    def test_tutorial(self):
        with Server("server", *SERVER) as server:
            for _ in range(3):
                done = run("client", "localhost", server.port, CA)
                self.assertEqual(done.stderr, b"")
                self.assertEqual(done.stdout, b"Received: Hello, secure world!\n")
                self.assertEqual(done.returncode, 0)
            impostor = run("client", "localhost", server.port, OTHER_CA)
            self.assertEqual(impostor.returncode, 1)
            self.assertEqual(impostor.stdout, b"")
            nobody = run("client", "nobody.invalid", server.port, CA)
            self.assertEqual(nobody.returncode, 1)
            self.assertIn(b"nobody.invalid", nobody.stderr)
            server.hear("handshake: ")
        self.assertEqual(server.out.count("Received: Hello, server!\n"), 3)

    def test_mutual_authentication(self):
        with Server("mutual_server", *SERVER, CA) as server:
            known = run("mutual_client", "localhost", server.port, CA, *CLIENT)
            self.assertEqual(known.stderr, b"")
            self.assertRegex(known.stdout, rb"Received: I know you by a certificate of \d+ bytes")
            self.assertEqual(known.returncode, 0)
            stranger = run("client", "localhost", server.port, CA)
            self.assertEqual(stranger.returncode, 1)
            self.assertIn(b"alert", stranger.stderr)
            server.hear("refused: ")

    def test_echo(self):
        with Server("echo_mailbox", *SERVER) as server:
            # A client that never says a word does not stand in the way of the others.
            with socket.create_connection(("127.0.0.1", int(server.port))):
                for size in (1, 100, 1000000):
                    data = (b"0123456789abcdef" * (size // 16 + 1))[:size]
                    done = run("engine_poll", "127.0.0.1", server.port, "localhost", CA, data=data)
                    self.assertEqual(done.stderr, b"")
                    self.assertEqual(done.returncode, 0)
                    self.assertEqual(done.stdout, data)
            refused = run("engine_poll", "127.0.0.1", server.port, "elsewhere.example", CA)
            self.assertEqual(refused.returncode, 1)
            server.hear("alert")

    def test_ask(self):
        with Server("ask", "localhost", *SERVER) as server:
            done = run("client", "localhost", server.port, CA)
            self.assertEqual(done.stderr, b"")
            self.assertEqual(done.stdout, b"Received: Hello, whoever you asked for!\n")
        self.assertIn("Asked for localhost: yes\n", server.out)
        with Server("ask", "elsewhere.example", *SERVER) as server:
            done = run("client", "localhost", server.port, CA)
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"alert", done.stderr)
            server.hear("handshake: ")
        self.assertIn("Asked for localhost: no\n", server.out)

    def test_usage(self):
        for name in ("server", "client", "mutual_server", "mutual_client", "echo_mailbox",
                     "engine_poll", "ask"):
            done = run(name)
            self.assertEqual(done.returncode, 2, name)
            self.assertIn(b"usage: ", done.stderr)

    def test_ports_in_use(self):
        with Server("server", *SERVER) as server:
            for name, argv in (("server", SERVER), ("echo_mailbox", SERVER)):
                done = run(name, server.port, *argv)
                self.assertEqual(done.returncode, 1)
                self.assertIn(b"in use", done.stderr)
                self.assertIn(server.port.encode(), done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
