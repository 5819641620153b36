"""secrets.py - runs memcheck.c under valgrind: no branch and no address depends on a secret.

With CI=true a valgrind that is missing is a failure, else the test is skipped by name.
"""

import os
import subprocess
import sys

import _valgrind

PROGRAM = _valgrind.program("timing_memcheck")


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    done = subprocess.run(
        ["valgrind", "--tool=memcheck", "--leak-check=no", "--undef-value-errors=yes",
         "--expensive-definedness-checks=yes", "--num-callers=12",
         "--suppressions=" + os.path.join(here, "suppressions.txt"), PROGRAM],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    passed = done.returncode == 0
    lines = done.stdout.splitlines()
    print("\n".join(line for line in lines if not passed or line.startswith("[")))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
