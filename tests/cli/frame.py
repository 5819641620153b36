"""frame.py - the frame of the command: help, versions, suggestions, exit codes; and that the bash
completion and the manual pages know every command and every option that --help knows."""

import os
import re
import shutil
import subprocess
import unittest

import _cli
from _cli import CliTest, SOURCE

COMPLETION = os.path.join(SOURCE, "docs", "completion", "cssl.bash")
MANUALS = os.path.join(SOURCE, "docs", "man")


def commands(help_text):
    """The names in the table of a group's help."""
    return [m for m in re.findall(r"^  ([a-z][a-z-]*) {2,}", help_text, re.M) if m != "help"]


def options(help_text):
    """The options of a command's help: ["--port", "-p", ...]."""
    found = []
    for line in help_text.splitlines():
        if re.match(r"^ {2,6}-", line):
            head = re.split(r" {3,}", line.strip())[0]
            found += re.findall(r"(?<![\w-])(--?[A-Za-z](?:[\w.-]*\w)?)", head)
    return sorted(set(found))


class Frame(CliTest):
    def every_command(self):
        """(name, help) of each command that does something: "cert show" and so on."""
        for name in commands(self.cssl("--help").out):
            text = self.cssl(name, "--help").out
            below = commands(text) if "COMMAND" in text.splitlines()[0] else []
            if below:
                for sub in below:
                    yield f"{name} {sub}", self.cssl(name, sub, "--help").out
            else:
                yield name, text

    def test_help(self):
        top = self.cssl("help").out
        self.assertEqual(top, self.cssl("--help").out)
        self.assertEqual(top, self.cssl("-h").out)
        for name in ["cert", "serve", "connect", "trace", "advisories"]:
            self.assertIn(name, commands(top))
        self.assertEqual(self.cssl("help", "cert").out, self.cssl("cert", "--help").out)
        seen = list(self.every_command())
        self.assertGreaterEqual(len(seen), 9)
        for name, text in seen:
            with self.subTest(command=name):
                self.assertTrue(text.startswith(f"Usage: cssl {name}"), text)
                self.assertEqual(text, self.cssl("help", *name.split()).out)
                self.assertEqual(text, self.cssl(*name.split(), "-h").out)
                self.assertIn("--help", options(text))
                for line in text.splitlines():
                    self.assertLessEqual(len(line), 100, line)
                wrong = self.refuses(*name.split(), "--no-such-option", code=2, says="no-such")
                self.assertTrue(wrong.err.startswith(f"cssl {name}: "), wrong.err)

    def test_version(self):
        with open(os.path.join(SOURCE, "include", "cssl.h"), encoding="utf-8") as f:
            version = re.search(r'CSSL_VERSION "(.*)"', f.read()).group(1)
        self.assertEqual(self.cssl("--version").out, f"cssl {version}\n")
        for page in os.listdir(MANUALS):
            with open(os.path.join(MANUALS, page), encoding="utf-8") as f:
                self.assertIn(f'"cssl {version}"', f.readline(), page)

    def test_wrong_commands(self):
        nothing = self.cssl(code=2)
        self.assertEqual(nothing.out, "")
        self.assertIn("Usage: cssl", nothing.err)
        for wrong, right in [("sevre", "serve"), ("conect", "connect"), ("crt", "cert"),
                             ("adv", "advisories"), ("srve", "serve")]:
            self.refuses(wrong, code=2, says=[wrong, f"did you mean '{right}'?"])
        far = self.refuses("xylophone", code=2, says="xylophone")
        self.assertNotIn("did you mean", far.err)
        self.refuses("help", "xylophone", code=2)
        self.refuses("\x1b[31m" + "x" * 300, code=2)

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([_cli.CSSL, "--version"], stdout=full, stderr=subprocess.PIPE,
                                  timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"could not be written", done.stderr)

    # ---- Completion ----

    def complete(self, words):
        """What bash offers behind these words; the last one may be half written or empty."""
        script = f'''
            source "{COMPLETION}"
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
            $(complete -p cssl | sed "s/.*-F \\([^ ]*\\) .*/\\1/")
            printf '%s\\n' "${{COMPREPLY[@]}}"
        '''
        done = subprocess.run(["bash", "-c", script, "bash", "cssl", *words], cwd=self.folder,
                              capture_output=True, timeout=60, check=True)
        self.assertEqual(done.stderr, b"", words)
        return [word.strip() for word in done.stdout.decode().split("\n") if word]

    def test_completion_knows_everything(self):
        top = commands(self.cssl("--help").out)
        self.assertEqual(sorted(self.complete([""])), sorted(top + ["help"]))
        self.assertEqual(sorted(self.complete(["cert", ""])),
                         sorted(commands(self.cssl("cert", "--help").out) + ["help"]))
        for name, text in self.every_command():
            with self.subTest(command=name):
                offered = self.complete([*name.split(), "--"])
                wanted = [o for o in options(text) if o.startswith("--")]
                self.assertEqual(sorted(offered), wanted)

    def test_completion_of_values(self):
        self.write("some.pem", "")
        os.mkdir(self.path("folder"))
        self.assertEqual(self.complete(["ser"]), ["serve"])
        self.assertEqual(self.complete(["help", "adv"]), ["advisories"])
        self.assertEqual(self.complete(["help", "cert", "iss"]), ["issue"])
        self.assertEqual(self.complete(["cert", "issue", "--cacert", "so"]), ["some.pem"])
        self.assertEqual(self.complete(["cert", "show", "so"]), ["some.pem"])
        self.assertEqual(self.complete(["cert", "ca", "--out", ""]), ["folder"])
        self.assertEqual(self.complete(["cert", "ca", "--key-type", "ed2"]), ["ed25519"])
        self.assertEqual(self.complete(["cert", "verify", "--purpose", "c"]), ["client"])
        self.assertEqual(self.complete(["cert", "ca", "--days", ""]), [])
        self.assertEqual(self.complete(["trace", "--form", "s"]), ["svg"])
        self.assertEqual(self.complete(["trace", "--out", "so"]), ["some.pem"])

    # ---- Manual pages ----

    def test_manuals_know_every_option(self):
        for name, text in self.every_command():
            page = os.path.join(MANUALS, f"cssl-{name.split()[0]}.1")
            with self.subTest(command=name):
                self.assertTrue(os.path.exists(page), page)
                with open(page, encoding="utf-8") as f:
                    manual = f.read().replace("\\-", "-")
                for option in options(text):
                    self.assertRegex(manual, rf"(?<![\w-]){option}(?![\w-])",
                                     f"{page} does not know {option}")
        with open(os.path.join(MANUALS, "cssl.1"), encoding="utf-8") as f:
            manual = f.read().replace("\\-", "-")
        for name in commands(self.cssl("--help").out):
            self.assertIn(f"cssl-{name}", manual)

    @unittest.skipUnless(shutil.which("groff"), "groff is not there")
    def test_manuals_are_well_formed(self):
        pages = [page for page in os.listdir(MANUALS) if page.endswith(".1")]
        self.assertGreaterEqual(len(pages), 3)
        for page in sorted(pages):
            with self.subTest(page=page):
                done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z",
                                       os.path.join(MANUALS, page)], capture_output=True,
                                      timeout=60, check=False)
                self.assertEqual(done.stderr, b"", page)


if __name__ == "__main__":
    _cli.main()
