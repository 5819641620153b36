"""advisories.py - `cssl advisories`: what is loaded, what touches it, newer records, exit codes."""

import json
import os
import re
import shutil
import subprocess

import _cli
from _cli import CliTest


def record(number="CVE-2035-1", versions=(("3.0.0", "3.0.99"),), severity="Critical", **more):
    """A CVE record as OpenSSL's project writes them."""
    cna = {
        "datePublic": "2035-02-03T00:00:00.000Z",
        "title": "A fault",
        "affected": [{
            "vendor": "OpenSSL", "product": "OpenSSL", "defaultStatus": "unaffected",
            "versions": [{"status": "affected", "version": a, "lessThan": b,
                          "versionType": "semver"} for a, b in versions],
        }],
        "metrics": [{"format": "other", "other": {"type": "policy",
                                                  "content": {"text": severity}}}],
    }
    cna.update(more)
    return {"dataType": "CVE_RECORD", "dataVersion": "5.1",
            "cveMetadata": {"cveId": number, "state": "PUBLISHED"}, "containers": {"cna": cna}}


class Advisories(CliTest):
    def ids(self, *args, code=1):
        libraries = self.cssl("advisories", "--json", *args, code=code).json()["libraries"]
        return [a["id"] for library in libraries for a in library["advisories"]]

    def test_what_is_loaded(self):
        result = _cli.run_program([_cli.CSSL, "advisories", "--json"], self.folder)
        answer = result.json()
        openssl = answer["libraries"][0]
        version = self.openssl("version").out
        loaded = re.search(r"Library: OpenSSL (\S+)", version) or re.search(r"OpenSSL (\S+)",
                                                                            version)
        self.assertEqual(openssl["name"], "OpenSSL")
        self.assertEqual(openssl["version"], loaded.group(1))
        self.assertEqual(result.code, 1 if openssl["advisories"] else 0)
        if shutil.which("dpkg-query") and os.access("/usr/bin/dpkg-query", os.X_OK):
            package = openssl["package"]
            if package is not None:
                installed = subprocess.run(["dpkg-query", "-W", "-f=${Version}", package],
                                           capture_output=True, check=True).stdout.decode()
                self.assertEqual(openssl["package_version"], installed)
                self.assertIn(installed,
                              self.cssl("advisories", code=result.code).out)

    def test_versions(self):
        self.assertIn("CVE-2022-3602", self.ids("--for", "3.0.6"))
        self.assertNotIn("CVE-2022-3602", self.ids("--for", "3.0.7"))
        text = self.cssl("advisories", "--for", "3.0.6", code=1).out
        self.assertRegex(text, r"High +CVE-2022-3602 +2022-11-01 +fixed in 3\.0\.7")
        self.assertIn("as of 2026-06-10", text)
        clean = self.cssl("advisories", "--for", "99.0.0")
        self.assertIn("no known advisory touches it", clean.out)
        self.assertEqual(self.ids("--for", "99.0.0", code=0), [])

    def test_severity(self):
        high = self.ids("--for", "3.0.6", "--severity", "high")
        self.assertIn("CVE-2022-3602", high)
        self.assertLess(len(high), len(self.ids("--for", "3.0.6")))
        # 4.0.0 has one of High, none of Critical
        self.cssl("advisories", "--for", "4.0.0", "--severity", "HIGH", code=1)
        self.cssl("advisories", "--for", "4.0.0", "--severity", "critical", code=0)

    def test_newer_records(self):
        self.write("CVE-2035-1.json", json.dumps(record()))
        self.assertIn("CVE-2035-1", self.ids("--for", "3.0.98", "--file", "CVE-2035-1.json"))
        text = self.cssl("advisories", "--for", "3.0.98", "--file", "CVE-2035-1.json", code=1).out
        self.assertRegex(text, r"Critical +CVE-2035-1 +2035-02-03 +fixed in 3\.0\.99")
        self.assertIn("as of 2035-02-03", text)
        self.cssl("advisories", "--for", "3.0.99", "--file", "CVE-2035-1.json")
        # one that replaces what the table says
        self.write("fixed.json", json.dumps(record("CVE-2022-3602", (("3.0.0", "3.0.1"),))))
        self.assertNotIn("CVE-2022-3602", self.ids("--for", "3.0.6", "--file", "fixed.json"))
        # letters, and a rating that is missing counts as bad
        self.write("old.json", json.dumps(record("CVE-2035-2", (("1.0.2", "1.0.2zz"),), "?")))
        self.assertEqual(self.ids("--for", "1.0.2zk", "--file", "old.json", "--severity",
                                  "critical"), ["CVE-2035-2"])

    def test_folder(self):
        os.mkdir(self.path("records"))
        for i in range(3):
            name = f"CVE-2035-{i}"
            self.write(f"records/{name}.json", json.dumps(record(name)))
        self.write("records/statements.json", "{}")
        self.write("records/README", "not JSON")
        found = self.ids("--for", "3.0.98", "--file", "records")
        self.assertEqual([i for i in found if i.startswith("CVE-2035")],
                         ["CVE-2035-0", "CVE-2035-1", "CVE-2035-2"])
        os.mkdir(self.path("empty"))
        self.refuses("advisories", "--file", "empty", says="empty")

    def test_refused(self):
        self.refuses("advisories", "--file", "nothing.json", says="nothing.json")
        for name, text in [
            ("noise.json", os.urandom(100)),
            ("other.json", "{}"),
            ("half.json", json.dumps(record())[:-10]),
            ("version.json", json.dumps(record(versions=(("3.0.0", "later"),)))),
            ("affected.json", json.dumps(record(affected=None))),
            ("deep.json", "[" * 100000),
            ("big.json", " " * (5 << 20)),
        ]:
            with self.subTest(name=name):
                self.write(name, text)
                self.refuses("advisories", "--file", name, says=name)
        for args in [["--for", "latest"], ["--for", ""], ["--severity", "huge"], ["3.0.1"],
                     ["--nonsense"]]:
            with self.subTest(args=args):
                self.refuses("advisories", *args, code=2)

    def test_strangers_words_are_harmless(self):
        self.write("evil.json", json.dumps(record(title="\x1b]0;x\x07")))
        out = self.cssl("advisories", "--for", "3.0.1", "--file", "evil.json", "--json", code=1).out
        self.assertNotIn("\\u001b", out)
        self.assertNotIn("\x1b", out)


if __name__ == "__main__":
    _cli.main()
