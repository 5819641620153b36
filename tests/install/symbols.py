"""symbols.py - the libraries give exactly the functions that cssl.h declares, no more, no less,
and each of them is explained there.

Neither library may clash with a name of the program that it is linked into.
"""

import os
import re
import subprocess
import sys

source = os.environ["CSSL_SOURCE_DIR"]
build = os.environ["CSSL_BUILD_DIR"]


def manual():
    """cssl.h, and the part of it that is a file of its own."""
    text = ""
    for name in ("cssl.h", "cssl_engine.h", "cssl_names.h"):
        with open(os.path.join(source, "include", name), encoding="utf-8") as file:
            text += file.read()
    return text


def declared():
    text = manual()
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"^#.*(\\\n.*)*", "", text, flags=re.M)
    text = text.replace('extern "C" {', "")
    # Inline functions have a body; what is left at the outermost level are declarations.
    while re.search(r"\{[^{}]*\}", text):
        text = re.sub(r"\{[^{}]*\}", ";", text)
    names = set()
    for statement in text.split(";"):
        match = re.search(r"\b(cssl_\w+)\s*\(", statement)
        if match and not re.search(r"\b(typedef|inline)\b", statement):
            names.add(match.group(1))
    return names


def explained():
    """The names that comments of cssl.h say something about; x stands for x_sized too."""
    comments = " ".join(re.findall(r"/\*.*?\*/", manual(), flags=re.S))
    names = set(re.findall(r"\bcssl_\w+", comments))
    return names | {name + "_sized" for name in names}


def defined(library, *options):
    output = subprocess.run(["nm", "--defined-only", *options, os.path.join(build, library)],
                            check=True, capture_output=True, text=True).stdout
    symbols = set()
    for line in output.splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[1].isupper() and fields[1] != "A":
            symbols.add(fields[2].split("@")[0])
    return symbols


failures = 0
api = declared()
if len(api) < 10:
    print(f"only {len(api)} functions found in cssl.h: this test does not understand it any more")
    failures += 1
for name in sorted(api - explained()):
    print(f"cssl.h does not say what {name} does")
    failures += 1
for library, options in (("libcssl.so", ["-D"]), ("libcssl.a", ["-g"])):
    have = defined(library, *options)
    for name in sorted(api - have):
        print(f"{library} lacks {name}, which cssl.h declares")
        failures += 1
    for name in sorted(have - api):
        print(f"{library} shows {name}, which is not in cssl.h")
        failures += 1
print(f"{len(api)} functions, {failures} failures")
sys.exit(1 if failures else 0)
