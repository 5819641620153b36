"""_cli.py - runs the built command `cssl`, and openssl(1) beside it, in a folder of its own."""

import json
import os
import pty
import shutil
import subprocess
import sys
import tempfile
import unittest

CSSL = os.path.join(os.environ.get("CSSL_BUILD_DIR", "build"), "cssl")
SOURCE = os.environ.get("CSSL_SOURCE_DIR", os.path.join(os.path.dirname(__file__), "..", ".."))
TIMEOUT = 60


class Result:
    """What a program said, and how it ended."""

    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"exit code {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


def run_program(argv, cwd, data=b"", env=None):
    return Result(subprocess.run(argv, cwd=cwd, input=data, capture_output=True, timeout=TIMEOUT,
                                 env=env, check=False))


def run_on_terminal(argv, cwd, env):
    """Runs argv with a pseudo-terminal as its output and returns what it wrote there."""
    master, slave = pty.openpty()
    with subprocess.Popen(argv, cwd=cwd, stdin=slave, stdout=slave, stderr=slave, env=env) as child:
        os.close(slave)
        output = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            if not piece:
                break
            output += piece
        child.wait(TIMEOUT)
    os.close(master)
    return output.decode("utf-8", "replace")


class CliTest(unittest.TestCase):
    """A folder for each test; it is the working directory of what is run."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cssl-cli-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name, mode="rb"):
        with open(self.path(name), mode) as f:
            return f.read()

    def write(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        return self.path(name)

    def cssl(self, *args, code=0, data=b"", env=None):
        """Runs cssl and insists on its exit code."""
        result = run_program([CSSL, *args], self.folder, data, env)
        self.assertEqual(result.code, code, f"cssl {' '.join(args)}: {result}")
        return result

    def refuses(self, *args, code=1, says=()):
        """Runs cssl, which has to refuse with a sentence that has these words in it."""
        result = self.cssl(*args, code=code)
        for words in [says] if isinstance(says, str) else says:
            self.assertIn(words, result.err, f"cssl {' '.join(args)}: {result}")
        first = result.err.splitlines()[0]
        self.assertTrue(first.startswith("cssl"), f"who speaks? {first}")
        return result

    def openssl(self, *args, code=0, data=b""):
        result = run_program(["openssl", *args], self.folder, data)
        self.assertEqual(result.code, code, f"openssl {' '.join(args)}: {result}")
        return result


def main():
    for program in [CSSL, shutil.which("openssl")]:
        if program is None or not os.access(program, os.X_OK):
            print(f"{program or 'openssl'} is not there: skipped")
            sys.exit(77)
    unittest.main(verbosity=2)
