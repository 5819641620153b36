"""documents.py - what the documents point at is there: files, tests named in threats.md, and what
ssl-compatibility.md says is the twin of something."""

import os
import re
import sys

ROOT = os.environ.get("CSSL_SOURCE_DIR",
                      os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
SUFFIXES = (".c", ".h", ".py", ".sh", ".md")
faults = []


def documents():
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [f for f in folders if f != ".git" and not f.startswith("build")]
        for name in names:
            if name.endswith(".md"):
                yield os.path.relpath(os.path.join(folder, name), ROOT)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def check_links(path):
    """[words](file#place): the file is there, seen from the document."""
    for target in re.findall(r"\]\(([^)#\s]+)", read(path)):
        if "://" not in target and not target.startswith("mailto:"):
            there = os.path.join(ROOT, os.path.dirname(path), target)
            if not os.path.exists(there):
                faults.append(f"{path}: there is no {target}")


def find(name):
    """A file as documents write it: from the root, from src/ or from tests/."""
    for prefix in "", "src", "tests", "docs":
        path = os.path.join(prefix, name)
        if os.path.exists(os.path.join(ROOT, path)):
            return path
    return None


def check_threats(path):
    """In the column of tests, `file.c` name, name; ... are functions test_name of that file."""
    rows = [r.split("|") for r in read(path).split("\n") if r.startswith("| ")]
    named = 0
    for row in rows:
        folder = ""
        for piece in re.findall(r"`([\w/.]+)`([^`]*)", row[-2]):
            name, words = piece
            if "/" not in name:
                name = os.path.join(folder, name)
            folder = os.path.dirname(name)
            file = find(name)
            if file is None:
                faults.append(f"{path}: there is no {name}")
            elif file.endswith(".c"):
                text = read(file)
                for word in re.findall(r"[a-z0-9_]+", words.split(";")[0].split(", all of")[0]):
                    named += 1
                    if not re.search(rf"\btest_{word}\b", text):
                        faults.append(f"{path}: {file} has no test_{word}")
    if named < 30:
        faults.append(f"{path}: only {named} tests were found in it: does this script read it?")


def check_tour(path):
    """Files named in `...` are there."""
    for name in set(re.findall(r"`([\w/-]+\.(?:c|h|py|sh|md|def))`", read(path))):
        if find(name) is None and "/" in name:
            faults.append(f"{path}: there is no {name}")


def check_compatibility(path):
    """The tests are there; functions, constants and fields are in the public headers."""
    text = read(path)
    header = "".join(
        read("include/" + name) for name in ("cssl.h", "cssl_engine.h", "cssl_names.h"))
    for name in set(re.findall(r"`([\w/]+\.(?:c|py))`", text)):
        if not os.path.exists(os.path.join(ROOT, "tests", name)):
            faults.append(f"{path}: there is no tests/{name}")
    for name in set(re.findall(r"\b(cssl_\w+|CSSL_\w+)", text)):
        if not re.search(rf"\b{name}\b", header):
            faults.append(f"{path}: there is no {name} in the public headers")
    for field in set(re.findall(r"cssl_(?:info|error|options)\.(\w+)", text)):
        if not re.search(rf"\b{field}\b", header):
            faults.append(f"{path}: there is no field {field}")
    rows = re.search(r"## Options\n(.*?)\n## ", text, re.S).group(1).split("\n")
    rows = [[cell.strip() for cell in row.split("|")] for row in rows if row.startswith("| `")]
    for row in rows:
        same = row[2].startswith("the same")
        for field in re.findall(r"`([a-z_0-9]+)`", row[1] if same else row[2]):
            if not re.search(rf"\b{field}\b", header):
                faults.append(f"{path}: there is no option {field}")
    if len(rows) < 30:
        faults.append(f"{path}: only {len(rows)} options were found in it")


for document in documents():
    check_links(document)
check_threats("docs/internals/threats.md")
for document in "docs/TOUR.md", "docs/DEFAULTS.md", "SECURITY.md", "README.md":
    check_tour(document)
check_compatibility("docs/ssl-compatibility.md")
print("\n".join(faults) or "every file and every test is there")
sys.exit(1 if faults else 0)
