"""cert.py - `cssl cert`: what it makes is looked at and verified by openssl(1), what it refuses is
refused with a sentence, and nothing is overwritten or readable that should not be."""

import os
import re
import stat
import subprocess
import unittest

import _cli
from _cli import CliTest, run_on_terminal

KEY_TYPES = ["ecdsa", "p256", "p384", "p521", "ed25519", "ed448", "rsa:2048"]


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


class Making(CliTest):
    def ca(self, *more):
        return self.cssl("cert", "ca", "--out", ".", *more)

    def text(self, name):
        return self.openssl("x509", "-in", name, "-noout", "-text").out

    def test_story(self):
        self.cssl("cert", "ca", "--out", "demo", "Test CA")
        self.cssl("cert", "issue", "--out", "demo", "localhost", "127.0.0.1", "--name", "::1")
        self.cssl("cert", "issue", "--out", "demo", "--client", "alice@example.org")
        for cert, purpose in [("server", "sslserver"), ("client", "sslclient")]:
            self.openssl("verify", "-x509_strict", "-CAfile", "demo/ca.pem", "-purpose", purpose,
                         f"demo/{cert}.pem")
        self.openssl("verify", "-CAfile", "demo/ca.pem", "-purpose", "sslclient",
                     "demo/server.pem", code=2)
        for name in ["-verify_hostname", "localhost"], ["-verify_ip", "127.0.0.1"], \
                    ["-verify_ip", "::1"]:
            self.openssl("verify", "-CAfile", "demo/ca.pem", *name, "demo/server.pem")
        self.openssl("verify", "-CAfile", "demo/ca.pem", "-verify_hostname", "example.org",
                     "demo/server.pem", code=2)
        ca = self.text("demo/ca.pem")
        self.assertRegex(ca, r"Basic Constraints: critical\s+CA:TRUE\n")
        self.assertRegex(ca, r"Key Usage: critical\s+Certificate Sign, CRL Sign\n")
        leaf = self.text("demo/server.pem")
        self.assertRegex(leaf, r"Basic Constraints: critical\s+CA:FALSE")
        self.assertRegex(leaf, r"X509v3 Key Usage: critical\s+Digital Signature\n")
        self.assertRegex(leaf, r"Extended Key Usage:\s+TLS Web Server Authentication\n")
        self.assertRegex(leaf, r"Alternative Name:\s+DNS:localhost, IP Address:127.0.0.1, "
                               r"IP Address:0:0:0:0:0:0:0:1")
        self.assertRegex(leaf, r"Subject: CN ?= ?localhost\n")
        serial = self.openssl("x509", "-in", "demo/server.pem", "-noout", "-serial").out
        self.assertRegex(serial, r"^serial=[4-7][0-9A-F]{31}\n$")

    def test_files_are_private(self):
        old = os.umask(0)
        try:
            self.ca()
            self.cssl("cert", "self-signed", "localhost")
        finally:
            os.umask(old)
        for name in ["ca.key", "server.key"]:
            self.assertEqual(mode(self.path(name)), 0o600, name)
        self.assertEqual(mode(self.path("server.pem")), 0o644)
        self.assertEqual(sorted(os.listdir(self.folder)),
                         ["ca.key", "ca.pem", "server.key", "server.pem"])

    def test_nothing_is_overwritten(self):
        self.ca()
        before = self.read("ca.key"), self.read("ca.pem")
        self.refuses("cert", "ca", says=["ca.pem", "--force"])
        os.unlink(self.path("ca.pem"))
        self.refuses("cert", "ca", says=["ca.key", "--force"])
        self.assertEqual(self.read("ca.key"), before[0])
        self.assertFalse(os.path.exists(self.path("ca.pem")))
        self.ca("--force")
        self.assertNotEqual(self.read("ca.key"), before[0])
        self.openssl("verify", "-CAfile", "ca.pem", "ca.pem")

    def test_links_are_not_followed(self):
        victim = self.write("victim", "precious")
        os.symlink(victim, self.path("server.key"))
        self.refuses("cert", "self-signed", "localhost", says="server.key")
        self.refuses("cert", "self-signed", "localhost", "--force", says="server.key")
        self.assertEqual(self.read("victim"), b"precious")
        os.unlink(self.path("server.key"))
        os.symlink(self.path("nowhere"), self.path("server.pem"))
        self.refuses("cert", "self-signed", "localhost", "--force", says="server.pem")
        self.assertFalse(os.path.exists(self.path("nowhere")))
        self.assertFalse(os.path.lexists(self.path("server.key")), "a key was left behind")

    def test_forced_key_becomes_private(self):
        self.write("server.key", "old")
        os.chmod(self.path("server.key"), 0o644)
        self.cssl("cert", "self-signed", "localhost", "--force")
        self.assertEqual(mode(self.path("server.key")), 0o600)

    def test_every_key_type(self):
        for kind in KEY_TYPES:
            with self.subTest(kind=kind):
                folder = kind.replace(":", "")
                self.cssl("cert", "ca", "--out", folder, "--key-type", kind)
                self.cssl("cert", "issue", "--out", folder, "--key-type", kind, "localhost")
                self.openssl("verify", "-x509_strict", "-CAfile", f"{folder}/ca.pem",
                             f"{folder}/server.pem")
                cert = self.openssl("x509", "-in", f"{folder}/server.pem", "-noout", "-pubkey").out
                key = self.openssl("pkey", "-in", f"{folder}/server.key", "-pubout").out
                self.assertEqual(cert, key)
                self.cssl("cert", "verify", "--cacert", f"{folder}/ca.pem", "--name", "localhost",
                          f"{folder}/server.pem")
        self.assertIn("prime256v1", self.text("ecdsa/server.pem"))
        self.assertIn("sha256WithRSAEncryption", self.text("rsa2048/server.pem"))
        self.assertIn("ecdsa-with-SHA384", self.text("p384/server.pem"))

    def test_post_quantum_key(self):
        result = _cli.run_program([_cli.CSSL, "cert", "self-signed", "--key-type", "mldsa44",
                                   "localhost"], self.folder)
        if result.code != 0:
            self.assertTrue(result.err.startswith("cssl cert self-signed: "), result)
            self.skipTest("this libcrypto has no ML-DSA")
        self.assertIn("ML-DSA-44", self.cssl("cert", "show", "server.pem").out)

    def test_every_kind_of_name(self):
        self.cssl("cert", "self-signed", "--server", "--client", "--cn", "Shop", "--org", "Tests",
                  "*.Example.ORG", "bücher.example", "192.0.2.1", "2001:db8::1",
                  "alice@example.org", "https://example.org/id")
        text = self.text("server.pem")
        self.assertIn("DNS:*.example.org, DNS:xn--bcher-kva.example, IP Address:192.0.2.1, "
                      "IP Address:2001:DB8:0:0:0:0:0:1, email:alice@example.org, "
                      "URI:https://example.org/id", text)
        self.assertRegex(text, r"Subject: O ?= ?Tests, CN ?= ?Shop\n")
        self.assertIn("TLS Web Server Authentication, TLS Web Client Authentication", text)

    def test_common_name_becomes_a_name(self):
        self.cssl("cert", "self-signed", "--cn", "www.example.org", "example.org",
                  "www.example.org")
        self.assertRegex(self.text("server.pem"),
                         r"Alternative Name:\s+DNS:www.example.org, DNS:example.org\n")
        self.refuses("cert", "self-signed", "--cn", "Alice Smith", "--force", says="e-mail")

    def test_long_name_is_no_common_name(self):
        name = "a" * 60 + ".example.org"
        self.ca()
        self.cssl("cert", "issue", name)
        text = self.text("server.pem")
        self.assertRegex(text, r"Subject: *\n")
        self.assertIn("Alternative Name: critical", text)
        self.openssl("verify", "-CAfile", "ca.pem", "-verify_hostname", name, "server.pem")

    def test_intermediate(self):
        self.ca("Root")
        self.cssl("cert", "ca", "--cacert", "ca.pem", "--cakey", "ca.key", "Middle")
        self.assertIn("pathlen:0", self.text("intermediate.pem"))
        self.cssl("cert", "issue", "--cacert", "intermediate.pem", "localhost")
        self.assertEqual(self.read("server.pem").count(b"BEGIN CERTIFICATE"), 2)
        self.openssl("verify", "-CAfile", "ca.pem", "-untrusted", "server.pem", "server.pem")
        self.cssl("cert", "verify", "--cacert", "ca.pem", "--name", "localhost", "server.pem")
        self.refuses("cert", "ca", "--cacert", "intermediate.pem", "--cert", "x.pem", "--key",
                     "x.key", says="path length")
        self.cssl("cert", "ca", "--path-len", "1", "--cert", "one.pem", "--key", "one.key")
        self.refuses("cert", "ca", "--cacert", "one.pem", "--path-len", "1", "--force",
                     says="path length")

    def test_validity(self):
        self.ca()
        self.cssl("cert", "issue", "--days", "30", "localhost")
        self.openssl("x509", "-in", "server.pem", "-noout", "-checkend", str(29 * 86400))
        self.openssl("x509", "-in", "server.pem", "-noout", "-checkend", str(30 * 86400), code=1)
        long = self.cssl("cert", "issue", "--days", "800", "--force", "localhost")
        self.assertIn("398", long.err)
        # no longer than the authority
        cut = self.cssl("cert", "issue", "--client", "--days", "9000", "bob@example.org")
        self.assertIn("no longer than its authority", cut.err)
        end = self.openssl("x509", "-in", "ca.pem", "-noout", "-enddate").out
        self.assertEqual(self.openssl("x509", "-in", "client.pem", "-noout", "-enddate").out, end)
        # one that is over already, for tests
        self.cssl("cert", "issue", "--starts", "2020-02-28", "--days", "2", "--force", "localhost")
        dates = self.openssl("x509", "-in", "server.pem", "-noout", "-dates").out
        self.assertIn("notBefore=Feb 28 00:00:00 2020 GMT", dates)
        self.assertIn("notAfter=Feb 29 23:59:59 2020 GMT", dates)
        self.cssl("cert", "ca", "--starts", "2045-01-01T10:00:00Z", "--cert", "later.pem",
                  "--key", "later.key")
        self.assertIn("Not After : Dec 30 09:59:59 2054 GMT", self.text("later.pem"))

    def test_expired_authority(self):
        self.cssl("cert", "ca", "--starts", "2020-01-01", "--days", "30")
        self.refuses("cert", "issue", "localhost", says="its own certificate ends at 2020-01-30")

    def test_name_constraints_are_heeded(self):
        # an authority that openssl constrains to example.org
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Constrained",
                     "-addext", "nameConstraints=critical,permitted;DNS:example.org",
                     "-addext", "keyUsage=critical,keyCertSign")
        os.chmod(self.path("ca.key"), 0o600)
        self.cssl("cert", "issue", "www.example.org")
        self.openssl("verify", "-CAfile", "ca.pem", "server.pem")
        self.refuses("cert", "issue", "--client", "www.example.net", says="nobody would accept it")
        self.assertFalse(os.path.exists(self.path("client.key")))

    def test_use_key(self):
        self.openssl("genpkey", "-algorithm", "ED25519", "-out", "mine.key")
        os.chmod(self.path("mine.key"), 0o640)
        result = self.cssl("cert", "self-signed", "--use-key", "mine.key", "localhost", "--json")
        self.assertIn("others may read mine.key", result.err)
        self.assertIsNone(result.json()["key"])
        self.assertFalse(os.path.exists(self.path("server.key")))
        self.assertEqual(self.openssl("x509", "-in", "server.pem", "-noout", "-pubkey").out,
                         self.openssl("pkey", "-in", "mine.key", "-pubout").out)

    def test_password(self):
        self.write("secret", "hunter2\nnot this\n")
        os.chmod(self.path("secret"), 0o644)
        open_ = self.cssl("cert", "ca", "--password-file", "secret")
        self.assertIn("others may read secret", open_.err)
        os.chmod(self.path("secret"), 0o600)
        closed = self.cssl("cert", "ca", "--password-file", "secret", "--force")
        self.assertEqual(closed.err, "")
        self.assertIn(b"BEGIN ENCRYPTED PRIVATE KEY", self.read("ca.key"))
        self.openssl("pkey", "-in", "ca.key", "-passin", "pass:hunter2", "-noout")
        self.openssl("pkey", "-in", "ca.key", "-passin", "pass:wrong", "-noout", code=1)
        self.refuses("cert", "issue", "localhost", says="password")
        self.write("wrong", "nope")
        self.refuses("cert", "issue", "--password-file", "wrong", "localhost", says="password")
        self.cssl("cert", "issue", "--password-file", "secret", "localhost")
        self.assertIn(b"BEGIN PRIVATE KEY", self.read("server.key"))
        self.write("empty", "\n")
        self.refuses("cert", "issue", "--password-file", "empty", "localhost", says="empty")

    def test_report(self):
        made = self.cssl("cert", "ca", "--json", "Root").json()
        self.assertEqual(made["certificate"], "ca.pem")
        self.assertEqual(made["key"], "ca.key")
        self.assertEqual(made["common_name"], "Root")
        print_ = self.openssl("x509", "-in", "ca.pem", "-noout", "-fingerprint", "-sha256").out
        self.assertEqual(made["sha256"], print_.split("=")[1].strip().replace(":", "").lower())
        text = self.cssl("cert", "issue", "localhost").out
        self.assertIn("Next: cssl serve --cert server.pem --key server.key", text)


class Requests(CliTest):
    def setUp(self):
        super().setUp()
        self.cssl("cert", "ca")

    def test_ours(self):
        self.cssl("cert", "csr", "www.example.org", "192.0.2.1")
        self.assertEqual(mode(self.path("server.key")), 0o600)
        self.openssl("req", "-in", "server.csr", "-verify", "-noout")
        text = self.openssl("req", "-in", "server.csr", "-noout", "-text").out
        self.assertIn("DNS:www.example.org, IP Address:192.0.2.1", text)
        shown = self.cssl("cert", "show", "server.csr").out
        self.assertIn("www.example.org, 192.0.2.1", shown)
        self.cssl("cert", "issue", "--csr", "server.csr", "--copy-names")
        self.openssl("verify", "-CAfile", "ca.pem", "-verify_hostname", "www.example.org",
                     "server.pem")
        self.assertEqual(self.openssl("x509", "-in", "server.pem", "-noout", "-pubkey").out,
                         self.openssl("pkey", "-in", "server.key", "-pubout").out)

    def test_names_are_not_granted_by_themselves(self):
        self.cssl("cert", "csr", "bank.example")
        self.refuses("cert", "issue", "--csr", "server.csr", code=2, says="--copy-names")
        self.cssl("cert", "issue", "--csr", "server.csr", "mine.example")
        text = self.openssl("x509", "-in", "server.pem", "-noout", "-text").out
        self.assertIn("DNS:mine.example", text)
        self.assertNotIn("bank.example", text)

    def test_openssl_makes_them(self):
        self.openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "k.key", "-out",
                     "r.csr", "-subj", "/C=DE/O=Somebody/CN=ignored.example", "-addext",
                     "subjectAltName=DNS:a.example,DNS:*.b.example,IP:::1", "-addext",
                     "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign")
        self.cssl("cert", "issue", "--csr", "r.csr", "--copy-names", "--cert", "out.pem")
        text = self.openssl("x509", "-in", "out.pem", "-noout", "-text").out
        self.assertIn("DNS:a.example, DNS:*.b.example, IP Address:0:0:0:0:0:0:0:1", text)
        self.assertIn("CA:FALSE", text)  # whatever it asked for
        self.assertNotIn("Certificate Sign", text)
        self.assertNotIn("Somebody", text)
        self.openssl("req", "-in", "r.csr", "-outform", "DER", "-out", "r.der")
        self.cssl("cert", "issue", "--csr", "r.der", "--copy-names", "--cert", "der.pem")

    def test_refused(self):
        self.cssl("cert", "csr", "a.example")
        der = bytearray(self.openssl_der("server.csr"))
        der[-1] ^= 1
        self.write("bad.csr", bytes(der))
        self.refuses("cert", "issue", "--csr", "bad.csr", "a.example", "--cert", "x.pem",
                     says="signature")
        self.write("short.csr", bytes(der[:-1]))
        self.refuses("cert", "issue", "--csr", "short.csr", "a.example", "--cert", "x.pem",
                     says="well-formed")
        self.refuses("cert", "issue", "--csr", "ca.pem", "a.example", "--cert", "x.pem",
                     says="request")
        self.openssl("req", "-new", "-newkey", "rsa:1024", "-nodes", "-keyout", "w.key", "-out",
                     "weak.csr", "-subj", "/CN=x")
        self.refuses("cert", "issue", "--csr", "weak.csr", "a.example", "--cert", "x.pem",
                     says="1024")
        self.openssl("req", "-new", "-key", "server.key", "-out", "nameless.csr", "-subj", "/CN=x")
        self.refuses("cert", "issue", "--csr", "nameless.csr", "--copy-names", "--cert", "x.pem",
                     says="the request asks for none")
        self.assertFalse(os.path.exists(self.path("x.pem")))

    def openssl_der(self, name):
        return subprocess.run(["openssl", "req", "-in", name, "-outform", "DER"], check=True,
                              cwd=self.folder, capture_output=True).stdout


class Refusals(CliTest):
    def test_wrong_usage(self):
        for args, words in [
            (["self-signed"], "needs a name"),
            (["csr"], "needs a name"),
            (["issue"], "needs a name"),
            (["self-signed", "localhost", "--days", "0"], "--days"),
            (["self-signed", "localhost", "--days", "-5"], "--days"),
            (["self-signed", "localhost", "--days", "1x"], "--days"),
            (["self-signed", "localhost", "--days", "99999999999999999999"], "--days"),
            (["self-signed", "localhost", "--key-type", "dsa"], "--key-type"),
            (["self-signed", "localhost", "--key-type", "rsa:1024"], "2048"),
            (["self-signed", "localhost", "--key-type", "rsa:"], "2048"),
            (["self-signed", "localhost", "--starts", "yesterday"], "--starts"),
            (["self-signed", "localhost", "--starts", "2026-02-03x"], "--starts"),
            (["self-signed", "localhost", "--use-key", "a", "--key", "b"], "--use-key"),
            (["self-signed", "localhost", "--nonsense"], "nonsense"),
            (["ca", "One", "Two"], "one name"),
            (["ca", "--cakey", "x"], "--cacert"),
            (["ca", "--path-len", "-1"], "--path-len"),
            (["issue", "--copy-names"], "--csr"),
            (["issue", "--csr", "x", "--copy-names", "name"], "--copy-names"),
            (["issue", "--csr", "x", "--key", "y", "name"], "--csr"),
            (["verify"], "HOST:PORT"),
            (["verify", "a", "b"], "one chain"),
            (["verify", "--purpose", "both", "a"], "--purpose"),
            (["verify", "--time", "noon", "a"], "--time"),
            (["nonsense"], "nonsense"),
            (["isue"], "did you mean 'issue'"),
        ]:
            with self.subTest(args=args):
                result = self.refuses("cert", *args, code=2, says=words)
                self.assertIn("--help", result.err)
        self.assertEqual(os.listdir(self.folder), [])

    def test_bad_names(self):
        for name in ["a b", "*.org", "1.2.3.4.5", "a..b", "", "x" * 64, "example.org:443",
                     "alice@", "b\x01"]:
            with self.subTest(name=name):
                self.refuses("cert", "self-signed", "--name", name, says="name")
        self.refuses("cert", "ca", "x" * 65, says="64")
        self.assertEqual(os.listdir(self.folder), [])

    def test_missing_authority(self):
        self.refuses("cert", "issue", "localhost", says=["ca.pem", "cssl cert ca"])
        self.refuses("cert", "issue", "--cacert", "no.pem", "localhost", says="no.pem")
        self.assertEqual(os.listdir(self.folder), [])

    def test_wrong_authority(self):
        self.cssl("cert", "ca")
        self.cssl("cert", "self-signed", "localhost")
        self.refuses("cert", "issue", "--cacert", "server.pem", "--client", "a@example.org",
                     says="not a certificate authority")
        self.refuses("cert", "issue", "--cakey", "server.key", "--client", "a@example.org",
                     says="key")
        os.unlink(self.path("ca.key"))
        self.refuses("cert", "issue", "--client", "a@example.org", says="ca.key")
        self.write("ca.key", "this is no key")
        os.chmod(self.path("ca.key"), 0o600)
        self.refuses("cert", "issue", "--client", "a@example.org", says="ca.key")
        self.assertFalse(os.path.exists(self.path("client.pem")))

    def test_bad_places(self):
        self.write("file", "x")
        self.refuses("cert", "self-signed", "--out", "file/below", "localhost", says="file/below")
        self.refuses("cert", "self-signed", "--out", "a/b/c", "localhost", says="a/b/c")
        self.refuses("cert", "self-signed", "--cert", "same", "--key", "same", "localhost",
                     says="files of their own")
        os.mkdir(self.path("server.pem"))
        self.refuses("cert", "self-signed", "--force", "localhost", says="server.pem")
        self.assertEqual(sorted(os.listdir(self.folder)), ["file", "server.pem"])


class Showing(CliTest):
    def setUp(self):
        super().setUp()
        self.cssl("cert", "ca", "Root")
        self.cssl("cert", "issue", "localhost", "127.0.0.1")

    def test_text(self):
        text = self.cssl("cert", "show", "server.pem", "server.key", "ca.pem").out
        for words in ["localhost, 127.0.0.1", "CN=Root", "ECDSA P-256", "364 days left",
                      "ecdsa_secp256r1_sha256", "server, digital signature",
                      "belongs to    localhost", "itself (self-signed)"]:
            self.assertIn(words, text)
        self.assertNotIn("warning", text)
        self.assertNotIn("\033", text)
        print_ = self.openssl("x509", "-in", "server.pem", "-noout", "-fingerprint", "-sha256").out
        self.assertIn(print_.split("=")[1].strip(), text)
        # not a bit of the key itself
        secret = b"".join(self.read("server.key").split(b"\n")[1:-2]).decode()
        self.assertNotIn(secret[60:], text)

    def test_stdin_and_der(self):
        pem = self.read("server.pem")
        self.assertIn("localhost", self.cssl("cert", "show", "-", data=pem).out)
        self.assertIn("localhost", self.cssl("cert", "show", data=b"chatter\n" + pem).out)
        self.openssl("x509", "-in", "server.pem", "-outform", "DER", "-out", "server.der")
        self.assertIn("localhost", self.cssl("cert", "show", "server.der").out)

    def test_json(self):
        items = self.cssl("cert", "show", "--json", "server.pem", "ca.pem", "ca.key").json()
        self.assertEqual([i["kind"] for i in items], ["certificate", "certificate", "private_key"])
        leaf, root, key = items
        self.assertEqual(leaf["names"], ["localhost", "127.0.0.1"])
        self.assertEqual(leaf["issuer"], "CN=Root")
        self.assertEqual(leaf["key"], {"type": "ECDSA P-256", "bits": 256})
        self.assertEqual(leaf["warnings"], [])
        self.assertFalse(leaf["ca"])
        self.assertTrue(root["ca"])
        self.assertEqual(leaf["authority_key_id"], root["key_id"])
        self.assertTrue(key["belongs_to_a_certificate_here"])
        end = self.openssl("x509", "-in", "server.pem", "-noout", "-enddate", "-dateopt",
                           "iso_8601").out
        self.assertEqual(end, f"notAfter={leaf['not_after'].replace('T', ' ')}\n")

    def test_warnings(self):
        self.cssl("cert", "issue", "--starts", "2020-01-01", "--days", "30", "--force", "localhost")
        self.assertRegex(self.cssl("cert", "show", "server.pem").out,
                         r"warning +it is not valid now: expired \d+ days ago")
        self.openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", "w.key", "-out",
                     "weak.pem", "-subj", "/CN=weak", "-days", "5", "-addext",
                     "basicConstraints=critical,CA:FALSE")
        text = self.cssl("cert", "show", "weak.pem").out
        for words in ["1024 bits is too weak", "expires soon", "no subjectAltName"]:
            self.assertIn(words, text)

    def test_strangers_words_are_harmless(self):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-keyout", "e.key", "-out", "evil.pem", "-utf8", "-subj",
                     "/CN=\033]0;title\007\n\u202eevil", "-addext", "subjectAltName=DNS:a\033[2J")
        shown = self.cssl("cert", "show", "evil.pem").out
        self.assertNotIn("\033", shown)
        self.assertNotIn("\u202e", shown)
        self.assertIn("\\x1b", shown)
        self.assertNotIn("\033", self.cssl("cert", "show", "--json", "evil.pem").out)

    def test_refused(self):
        self.refuses("cert", "show", "nothing.pem", says="nothing.pem")
        self.write("noise", os.urandom(200))
        self.refuses("cert", "show", "noise", says="neither PEM nor")
        self.write("empty", "")
        self.refuses("cert", "show", "empty", says="empty")
        pem = self.read("server.pem").decode().splitlines()
        self.write("cut.pem", "\n".join(pem[:-1]))
        self.refuses("cert", "show", "cut.pem")
        pem[3] = pem[3][:-4] + "AAAA"
        self.write("damaged.pem", "\n".join(pem) + "\n")
        self.cssl("cert", "show", "damaged.pem", code=_any_code(self, "damaged.pem"))
        self.refuses("cert", "show", ".", says=".")
        # one that cannot be shown does not hide the others
        both = self.cssl("cert", "show", "nothing.pem", "server.pem", code=1)
        self.assertIn("localhost", both.out)

    def test_colours(self):
        env = dict(os.environ, TERM="xterm")
        env.pop("NO_COLOR", None)
        argv = [_cli.CSSL, "cert", "show", "server.pem"]
        self.assertIn("\033[1m", run_on_terminal(argv, self.folder, env))
        self.assertNotIn("\033", run_on_terminal(argv, self.folder, dict(env, NO_COLOR="1")))
        self.assertNotIn("\033", run_on_terminal(argv, self.folder, dict(env, TERM="dumb")))


def _any_code(test, name):
    """Damage may hit a key's bits, which still parse, or the structure, which does not."""
    done = _cli.run_program([_cli.CSSL, "cert", "show", name], test.folder)
    test.assertIn(done.code, (0, 1), done)
    test.assertTrue(done.out or done.err)
    return done.code


class Verifying(CliTest):
    def setUp(self):
        super().setUp()
        self.cssl("cert", "ca", "Root")
        self.cssl("cert", "issue", "localhost")

    def test_trusted(self):
        good = self.cssl("cert", "verify", "--cacert", "ca.pem", "--name", "localhost",
                         "server.pem")
        self.assertIn("trusted: localhost", good.out)
        self.assertRegex(good.out, r"0 localhost\n +1 Root \(trusted\)")
        self.assertEqual(good.err, "")
        nameless = self.cssl("cert", "verify", "--cacert", "ca.pem", "server.pem")
        self.assertIn("no name was compared", nameless.err)
        answer = self.cssl("cert", "verify", "--cacert", "ca.pem", "--json", "-",
                           data=self.read("server.pem")).json()
        self.assertTrue(answer["trusted"])
        self.assertEqual(answer["path"], ["CN=localhost", "CN=Root"])

    def not_trusted(self, *args, reason):
        text = self.cssl("cert", "verify", *args, code=1).out
        self.assertTrue(text.startswith("not trusted: "), text)
        answer = self.cssl("cert", "verify", "--json", *args, code=1).json()
        self.assertFalse(answer["trusted"])
        self.assertRegex(answer["reason"], reason)

    def test_not_trusted(self):
        self.not_trusted("--cacert", "ca.pem", "--name", "example.org", "server.pem",
                         reason="HOST")
        self.not_trusted("--cacert", "ca.pem", "--time", "2050-01-01", "server.pem",
                         reason="EXPIRED")
        self.not_trusted("--cacert", "ca.pem", "--time", "2001-01-01T00:00:00Z", "server.pem",
                         reason="NOT_YET")
        self.not_trusted("--cacert", "ca.pem", "--purpose", "client", "server.pem",
                         reason="USAGE|PURPOSE")
        self.cssl("cert", "ca", "Other", "--cert", "other.pem", "--key", "other.key")
        self.not_trusted("--cacert", "other.pem", "server.pem", reason="CA")
        self.cssl("cert", "self-signed", "localhost", "--cert", "self.pem", "--key", "self.key")
        self.not_trusted("--cacert", "ca.pem", "self.pem", reason="SELF|CA")
        self.cssl("cert", "verify", "--cacert", "self.pem", "--name", "localhost", "self.pem")

    def test_refused(self):
        self.refuses("cert", "verify", "--cacert", "no.pem", "server.pem", says="no.pem")
        self.refuses("cert", "verify", "--cacert", "server.key", "server.pem", says="server.key")
        self.refuses("cert", "verify", "--cacert", "ca.pem", "server.key", says="certificate")


class Live(CliTest):
    """A server that openssl(1) runs, on a port that the system chooses."""

    def setUp(self):
        super().setUp()
        self.cssl("cert", "ca", "Root")
        self.cssl("cert", "issue", "localhost")
        self.cssl("cert", "self-signed", "other.example", "--cert", "o.pem", "--key", "o.key")
        self.server = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key",
             "server.key", "-tls1_3", "-servername", "other.example", "-cert2", "o.pem", "-key2",
             "o.key"], cwd=self.folder, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(self.stop)
        self.port = None
        while self.port is None:
            line = self.server.stdout.readline().decode()
            self.assertTrue(line, "openssl s_server ended")
            found = re.match(r"ACCEPT .*:(\d+)", line)
            self.port = found and found.group(1)

    def stop(self):
        self.server.kill()
        self.server.wait()
        self.server.stdin.close()
        self.server.stdout.close()

    def test_show_and_verify(self):
        where = f"127.0.0.1:{self.port}"
        self.assertIn("localhost", self.cssl("cert", "show", where).out)
        self.cssl("cert", "verify", "--cacert", "ca.pem", "--name", "localhost", where)
        # another name, another certificate
        self.assertIn("other.example", self.cssl("cert", "show", "--name", "other.example",
                                                 where).out)
        self.cssl("cert", "verify", "--cacert", "o.pem", "--name", "other.example", where)
        # the name is the host's unless another one is given
        self.cssl("cert", "verify", "--cacert", "ca.pem", where, code=1)

    def test_nobody_there(self):
        self.stop()
        self.refuses("cert", "show", f"127.0.0.1:{self.port}", says="127.0.0.1")


if __name__ == "__main__":
    _cli.main()
