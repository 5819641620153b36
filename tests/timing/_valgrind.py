"""_valgrind.py - what the tests of this folder share: is there a valgrind, the programs, and what
callgrind counts."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("CSSL_BUILD_DIR", os.path.join(HERE, "..", "..", "build"))


def program(name):
    """The path of a program that was built; ends the test when it cannot be run."""
    path = os.path.join(BUILD, "tests", name)
    missing = None
    if shutil.which("valgrind") is None:
        missing = "valgrind is missing: install it (Debian: apt-get install valgrind)"
    elif not os.path.exists(path):
        missing = name + " is not built: valgrind's headers were missing"
    if missing is not None:
        print(("FAILED: " if os.environ.get("CI") else "SKIPPED: ") + missing)
        sys.exit(1 if os.environ.get("CI") else 77)
    return path


def measure(path):
    """Instructions that callgrind counted, by the first two words and then the number of the
    labels that the program gave; what is called warm is left out."""
    counts = {}
    with tempfile.TemporaryDirectory(prefix="cssl-counts-") as folder:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--collect-atstart=no",
             "--callgrind-out-file=" + os.path.join(folder, "out"), path],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        if done.returncode != 0:
            sys.exit("FAILED: " + done.stdout)
        for name in glob.glob(os.path.join(folder, "out.*")):
            with open(name, encoding="utf-8", errors="replace") as file:
                text = file.read()
            label = re.search(r"Client Request: (\S+) (\S+) (-?\d+)", text)
            number = re.search(r"^summary: (\d+)", text, re.M)
            if label and number and label[1] != "warm":
                of = counts.setdefault((label[1], label[2]), {})
                of[int(label[3])] = int(number[1])
    return counts
