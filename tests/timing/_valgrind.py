"""_valgrind.py - what the tests of this folder share: is there a valgrind, and the programs."""

import os
import shutil
import sys

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
