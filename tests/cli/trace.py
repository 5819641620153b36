"""trace.py - `cssl trace`: a live handshake in every form, and handshakes that fail."""

import json
import os
import re
import socket
import subprocess
import unittest
import xml.etree.ElementTree as xml

import _cli
from _cli import CliTest, SOURCE

CERTS = os.path.join(SOURCE, "tests", "certs")
CA, OTHER_CA, SERVER, KEY = (os.path.join(CERTS, name) for name in (
    "ca.pem", "other-ca.pem", "server.pem", "server.key.pem"))
MESSAGES = ["ClientHello", "ServerHello", "EncryptedExtensions", "Certificate",
            "CertificateVerify", "Finished", "Finished"]


class Trace(CliTest):
    def serve(self, *args):
        """Starts `cssl serve` on a free port of loopback, stopped when the test ends."""
        child = subprocess.Popen([_cli.CSSL, "serve", "--ip", "127.0.0.1", "--port", "0", "--cert",
                                  SERVER, "--key", KEY, *args], cwd=self.folder,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.wait)
        self.addCleanup(child.terminate)
        found = re.search(rb"port (\d+)", child.stdout.readline())
        self.assertIsNotNone(found)
        return "localhost:" + found.group(1).decode()

    def test_every_form(self):
        server = self.serve("--alpn", "h2,http/1.1")
        facts = self.cssl("trace", "--json", "--cacert", CA, "--alpn", "http/1.1", server).json()
        self.assertEqual((facts["client"], facts["server"]), ("cssl trace", server))
        names = [m["message"] for m in facts["messages"]]
        self.assertEqual([n for n in names if n in MESSAGES], MESSAGES)
        self.assertIn("NewSessionTicket", names)
        self.assertEqual(names[-1], "Alert close_notify")
        hello, answer = facts["messages"][:2]
        self.assertEqual((hello["from"], answer["from"]), ("client", "server"))
        self.assertEqual(hello["details"]["server_name"], "localhost")
        self.assertEqual(hello["protection"], "in the clear")
        self.assertGreater(hello["bytes"], 100)
        self.assertEqual({m["protection"] for m in facts["messages"] if m["message"] == "Finished"},
                         {"handshake keys"})

        text = self.cssl("trace", "--cacert", CA, server)
        self.assertEqual(text.err, "")
        ascii_text = self.cssl("trace", "--form", "ascii", "--cacert", CA, server).out
        mermaid = self.cssl("trace", "--form=mermaid", "--cacert", CA, server).out
        svg = self.cssl("trace", "--form=svg", "--cacert", CA, server).out
        self.assertTrue(ascii_text.isascii())
        self.assertIn("\nsequenceDiagram\n", "\n" + mermaid)
        self.assertTrue(xml.fromstring(svg).tag.endswith("svg"))
        for drawing in (text.out, ascii_text, mermaid, svg):
            self.assertNotIn("\x1b", drawing)
            for name in MESSAGES:
                self.assertIn(name, drawing)
            self.assertIn("TLS_AES_128_GCM_SHA256", drawing)
            self.assertRegex(drawing, r"\b\d{3,} bytes")

    def test_files(self):
        server = self.serve()
        self.write("drawing.svg", "old")
        for form in ("svg", "json", "text"):
            done = self.cssl("trace", "--form", form, "--out", "drawing." + form, "--cacert", CA,
                             server)
            self.assertEqual(done.out, "")
            self.assertIn(b"EncryptedExtensions", self.read("drawing." + form))
        json.loads(self.read("drawing.json"))
        xml.fromstring(self.read("drawing.svg"))
        self.refuses("trace", "--out", "no/such/folder", "--cacert", CA, server, says="no/such")

    def test_terminals_have_colours(self):
        server = self.serve()
        argv = [_cli.CSSL, "trace", "--cacert", CA, server]
        env = {**os.environ, "TERM": "xterm"}
        env.pop("NO_COLOR", None)
        self.assertIn("\x1b[", _cli.run_on_terminal(argv, self.folder, env))
        plain = _cli.run_on_terminal(argv, self.folder, {**env, "NO_COLOR": "1"})
        self.assertIn("ServerHello", plain)
        self.assertNotIn("\x1b[", plain)

    def test_failures_are_drawn(self):
        server = self.serve()
        refused = self.refuses("trace", "--cacert", OTHER_CA, server, says="not trusted")
        self.assertIn("Alert unknown_ca", refused.out)
        self.assertNotIn("Finished", refused.out.split("Alert unknown_ca")[1])
        other = self.refuses("trace", "--cacert", CA, "--name", "other.example", server,
                             says=["hostname mismatch", "other.example"])
        self.assertIn("Alert", other.out)
        self.cssl("trace", "--insecure", server)
        mutual = self.serve("--cacert", CA)
        strangers = self.refuses("trace", "--cacert", CA, mutual, says="Certificate required")
        self.assertIn("CertificateRequest", strangers.out)
        self.assertIn("Alert certificate_required", strangers.out)
        self.cssl("trace", "--cacert", CA, "--cert", os.path.join(CERTS, "client.pem"), "--key",
                  os.path.join(CERTS, "client.key.pem"), mutual)

    def test_a_key_that_others_may_read(self):
        server = self.serve("--cacert", CA)
        with open(os.path.join(CERTS, "client.key.pem"), "rb") as f:
            self.write("client.key", f.read())
        for mode, warned in ((0o600, False), (0o644, True)):
            os.chmod(self.path("client.key"), mode)
            identity = ["--cacert", CA, "--cert", os.path.join(CERTS, "client.pem"), "--key",
                        "client.key"]
            for command in (["trace"], ["connect", "--quiet"]):
                done = self.cssl(*command, *identity, server)
                self.assertEqual("chmod 600" in done.err, warned, done)

    def test_nobody_there(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = str(silent.getsockname()[1])
            late = self.refuses("trace", "--timeout", "1", "127.0.0.1:" + port, says="time ran out")
            self.assertIn("ClientHello", late.out)
            self.refuses("trace", "--timeout", "1", "--starttls", "smtp", "127.0.0.1:" + port,
                         says="time ran out")
        gone = self.refuses("trace", "127.0.0.1:" + port, says="no connection")
        self.assertEqual(gone.out, "")

    def test_names_that_do_not_exist(self):
        for command in (["trace"], ["connect"], ["serve", "--cert", SERVER, "--key", KEY]):
            target = [] if command[0] == "serve" else ["localhost:1"]
            self.refuses(*command, "--groups", "x25518", *target,
                         says=["x25518", "There are: ", "x25519,", "secp256r1"])
            self.refuses(*command, "--ciphers", "RC4", *target,
                         says=["RC4", "There are: TLS_AES_128_GCM_SHA256,"])

    def test_wrong_command_lines(self):
        for args, says in [
                ([], "HOST:PORT"), (["a", "b"], "one HOST:PORT"), (["--form", "png", "a"], "png"),
                (["--starttls", "gopher", "a"], "gopher"), (["--port", "1", "a:2"], "Say it once"),
                (["a:0"], "port"), (["--timeout", "0", "a"], "--timeout"),
                (["--trace", "a"], "trace"), (["--alpn", "", "a"], "alpn")]:
            self.refuses("trace", *args, code=2, says=says)


if __name__ == "__main__":
    _cli.main()
