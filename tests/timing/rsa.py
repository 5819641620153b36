"""rsa.py - has valgrind count the instructions that decrypting a premaster secret by RSA takes:
what is done about its padding takes as many whether that is right or wrong, and however it is.

Each ciphertext is decrypted twice, once without looking at the padding; the difference counts. No
tolerance is needed: see rsa.c. With CI=true a valgrind that is missing is a failure, else the test
is skipped by name.
"""

import sys

import _valgrind

PROGRAM = _valgrind.program("timing_rsa")


def main():
    counts = _valgrind.measure(PROGRAM)
    kinds = [kind for what, kind in counts if what == "rsa"]
    if len({number for (what, _), of in counts.items() if what == "control"
            for number in of.values()}) < 6:
        print("FAILED: the counting does not see a check that ends early")
        return 1
    found = {}
    for kind in kinds:
        for number, count in counts["rsa", kind].items():
            found.setdefault(count - counts["raw", kind][number], []).append(f"{kind} {number}")
    cases = sum(len(names) for names in found.values())
    print(f"{cases} decryptions of {len(kinds)} kinds: " +
          ", ".join(f"{number} instructions" for number in sorted(found)))
    if len(kinds) < 15 or cases < 4 * len(kinds):
        print("FAILED: measurements are missing")
        return 1
    if len(found) != 1 or min(found) <= 0:
        print(f"FAILED: {len(found)} different counts: " +
              str({number: names[:5] for number, names in sorted(found.items())}))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
