"""counts.py - has valgrind count the instructions that opening a CBC record takes: as many for
every length of the padding, whether padding, MAC or both are wrong.

No tolerance is needed: libcrypto's TLS code takes the very same number of instructions, so what
differs at all depends on a secret. Only the random generator may be seeded anew in between, for
which everything is counted a second time when something differs, and the lesser number holds.
With CI=true a valgrind that is missing is a failure, else the test is skipped by name.
"""

import sys

import _valgrind

PROGRAM = _valgrind.program("timing_counts")
FAULTS = ["mac", "padding", "both"]


def differing(counts):
    """What is wrong with these counts, as lines."""
    faults = []
    for mac in ["sha1", "sha256", "sha384"]:
        groups = [[(mac, "good")], [(mac, fault) for fault in FAULTS], [(mac, "short")]]
        for group in groups:
            numbers = {}
            for key in group:
                if len(counts.get(key, {})) != 256:
                    faults.append(f"{key}: {len(counts.get(key, {}))} of 256 measurements")
                for padding, number in counts.get(key, {}).items():
                    numbers.setdefault(number, []).append((key[1], padding))
            if len(numbers) > 1:
                shown = {number: cases[:5] for number, cases in sorted(numbers.items())}
                faults.append(f"{mac}: {len(numbers)} different counts: {shown}")
    return faults


def main():
    counts = _valgrind.measure(PROGRAM)
    if len(set(counts.get(("control", "naive"), {}).values())) < 200:
        print("FAILED: the counting does not see a check that ends early")
        return 1
    faults = differing(counts)
    if faults:
        print("\n".join(["counted again, because of:"] + faults))
        again = _valgrind.measure(PROGRAM)
        for key, numbers in counts.items():
            for padding in numbers:
                numbers[padding] = min(numbers[padding], again[key][padding])
        faults = differing(counts)
    for key, numbers in sorted(counts.items()):
        print(f"{key[0]:8} {key[1]:8} {min(numbers.values())} to {max(numbers.values())}")
    print("\n".join("FAILED: " + fault for fault in faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
