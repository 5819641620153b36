#!/usr/bin/env python3
"""lint.py - checks what compilers do not: layering, banned calls, the form of files.

    tools/lint.py [FOLDER]      check the tree; exit code 1 when anything is found
    tools/lint.py --untested    list source files without a unit test of their own
    tools/lint.py --self-test   prove that each rule finds its violation

It reads text, not C: it knows comments, strings and braces in column 0, no more.
"""

import os
import re
import sys
import tempfile

LAYERS = ["base", "crypto", "record", "msg", "pki", "session", "config", "hs", "engine", "socket",
          "cli"]
ABOVE_ENGINE = {"erl"}  # stands on the engine, beside the socket layer

MAX_FILE = 800
MAX_FUNCTION = 60
MAX_COLUMNS = 100

C_FOLDERS = ("src", "include", "tests", "fuzz", "examples", "bench")
C_SUFFIXES = (".c", ".h", ".def")
TEXT_SUFFIXES = C_SUFFIXES + (".py", ".sh", ".cmake", ".json", ".md", ".in", ".map", ".txt")
TEXT_NAMES = ("Makefile", "CMakeLists.txt", ".gitignore", ".clang-format", ".editorconfig", "run",
              "cssl.bash")
SKIPPED_FOLDERS = {".git", "vectors", "seeds", "__pycache__", "build", "inst"}

# A foreign header, and the only layers that may see it.
FOREIGN = [
    (re.compile(r"^(openssl/|intel-ipsec-mb|lib25519|crypto_mb/)"), ["crypto"]),
    (re.compile(r"^ares"), ["socket"]),
    (re.compile(r"^(poll\.h|sys/(poll|epoll|timerfd|eventfd|select)\.h|netdb\.h|netinet/)"),
     ["socket", "cli"]),
    (re.compile(r"^(zlib|zstd|zstd_errors)\.h|^brotli/"), ["msg"]),
    (re.compile(r"^(jansson|lzma|http_parser)\.h"), ["cli"]),
]

# A call that is banned, and what to call instead. Members of structs are not meant.
BANNED = {
    "strcpy": "snprintf or memcpy with a checked length", "strcat": "snprintf",
    "strncpy": "snprintf or memcpy", "strncat": "snprintf", "sprintf": "snprintf",
    "vsprintf": "vsnprintf", "gets": "getline", "strtok": "strcspn and strspn", "alloca": "malloc",
    "rand": "the random source of the config", "srand": "the random source of the config",
    "random": "the random source of the config", "drand48": "the random source of the config",
    "atoi": "strtol", "atol": "strtol", "atof": "strtod", "strerror_l": "strerror_r",
    "gmtime": "gmtime_r", "localtime": "localtime_r", "ctime": "strftime", "asctime": "strftime",
    "inet_ntoa": "inet_ntop", "inet_addr": "inet_pton", "gethostbyname": "getaddrinfo",
    "tmpnam": "mkstemp", "mktemp": "mkstemp", "bzero": "memset or mem_wipe",
    "setjmp": "return codes", "longjmp": "return codes",
}
BANNED_IN_LIBRARY = {
    "system": "nothing: a library starts no programs", "popen": "nothing",
    "exit": "an error", "abort": "an error or assert", "printf": "an error or a callback",
    "signal": "nothing: signals belong to the program", "strerror": "strerror_r",
    "getenv": "an option",
}

# Written in pieces, so that this file does not find itself.
UNWANTED_WORDS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
UNWANTED_PLACES = re.compile(
    r"(?<![\w./-])/(work|tmp/(b|brief|roots))/|deb\.deb" r"ian\.org|registry\.np" r"mjs")

COMMENT_OR_STRING = re.compile(
    r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*([<\"])([^>\"]+)[>\"]", re.M)
LINK = re.compile(r"\]\(([^)#:\s]+)(#[^)]*)?\)")  # of markdown, to a file of this tree
REASON = re.compile(r"^REASON\((\d+),\s*(\w+),", re.M)


class Lint:
    """Collects the findings of one tree."""

    def __init__(self, root):
        self.root = root
        self.findings = []

    def found(self, path, line, rule, words):
        self.findings.append((path, line, rule, words))

    def run(self):
        for path in sorted(self.files()):
            with open(os.path.join(self.root, path), "rb") as file:
                raw = file.read()
            try:
                text = raw.decode("utf-8")
            except UnicodeDecodeError:
                self.found(path, 1, "utf-8", "is not UTF-8")
                continue
            self.check_text(path, text)
            if path.endswith(C_SUFFIXES) and path.split("/")[0] in C_FOLDERS:
                self.check_c(path, text)
            if path.endswith(".md"):
                self.check_links(path, text)
        return self.findings

    def files(self):
        for folder, folders, names in os.walk(self.root):
            folders[:] = [f for f in folders
                          if f not in SKIPPED_FOLDERS and not f.startswith("build-")]
            for name in names:
                if name.endswith(TEXT_SUFFIXES) or name in TEXT_NAMES:
                    yield os.path.relpath(os.path.join(folder, name), self.root)

    # ---- Any text ----

    def check_text(self, path, text):
        prose = path.endswith(".md")
        makefile = os.path.basename(path) == "Makefile"
        if text and not text.endswith("\n"):
            self.found(path, text.count("\n") + 1, "newline", "the last line has no newline")
        for number, line in enumerate(text.split("\n"), 1):
            if line.endswith("\r"):
                self.found(path, number, "newline", "carriage return")
                line = line[:-1]
            if "\t" in line and not makefile and not prose:
                self.found(path, number, "tab", "tab character: indent with 4 spaces")
            if line != line.rstrip():
                self.found(path, number, "trailing", "white space at the end of the line")
            # JSON has no way to go on with a string in the next line.
            if len(line) > MAX_COLUMNS and not prose and not path.endswith(".json"):
                self.found(path, number, "columns", f"{len(line)} columns, {MAX_COLUMNS} allowed")
            if UNWANTED_WORDS.search(line):
                self.found(path, number, "word", "a note to self: do it or open an issue")
            if UNWANTED_PLACES.search(line):
                self.found(path, number, "place", "names a place of one machine")

    def check_links(self, path, text):
        for match in LINK.finditer(text):
            target = os.path.join(self.root, os.path.dirname(path), match.group(1))
            if not os.path.exists(target):
                line = text.count("\n", 0, match.start()) + 1
                self.found(path, line, "link", f"{match.group(1)} is not there")

    # ---- C ----

    def check_c(self, path, text):
        lines = text.split("\n")
        if len(lines) - 1 > MAX_FILE:
            self.found(path, MAX_FILE, "length", f"{len(lines) - 1} lines, {MAX_FILE} allowed")
        opening = "\n".join(lines[:3])
        if not opening.startswith("/*") or f"{os.path.basename(path)} - " not in opening:
            self.found(path, 1, "header",
                       f"begins not with '/* {os.path.basename(path)} - what it is ...'")
        code = blank(text)
        if path.endswith(".h"):
            guard = re.search(r"^#ifndef (\w+)\n#define (\w+)$", code, re.M)
            if guard is None or guard.group(1) != guard.group(2):
                self.found(path, 1, "guard", "no include guard")
        if path.endswith(".def"):
            self.check_reasons(path, text)
        self.check_includes(path, text)
        self.check_calls(path, code)
        if path.startswith("src/"):
            self.check_functions(path, code)

    def check_includes(self, path, text):
        parts = path.split("/")
        layer = parts[1] if parts[0] == "src" and len(parts) > 2 else None
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            quote, name = match.groups()
            if ".." in name.split("/") and parts[0] != "tests":
                self.found(path, line, "include", f"{name}: say folder/file.h, no '..'")
                continue
            if layer is None:
                self.check_outside_include(path, line, quote, name)
                continue
            for pattern, allowed in FOREIGN:
                if pattern.match(name) and layer not in allowed:
                    self.found(path, line, "foreign",
                               f"<{name}> belongs into src/{' and src/'.join(allowed)} only")
            target = name.split("/")[0]
            if quote == '"' and "/" in name and not may_include(layer, target):
                self.found(path, line, "layer", f"{layer} may not include {name}: see the order "
                                                f"of layers in CONTRIBUTING.md")

    def check_outside_include(self, path, line, quote, name):
        if path.startswith("examples/") and quote == '"' and name != "cssl.h":
            self.found(path, line, "include", "an example sees cssl.h and the system alone")
        if path.startswith("include/") and quote == '"' and "/" in name:
            self.found(path, line, "include", "a public header includes no internal one")

    def check_calls(self, path, code):
        banned = dict(BANNED)
        if path.startswith("src/") and not path.startswith("src/cli/"):
            banned.update(BANNED_IN_LIBRARY)
        if path.startswith("tests/"):
            del banned["setjmp"], banned["longjmp"]  # cmocka's own way
        names = "|".join(banned)
        for match in re.finditer(rf"(?<![\w.>*])({names})\s*\(", code):
            line = code.count("\n", 0, match.start()) + 1
            name = match.group(1)
            self.found(path, line, "banned", f"{name}() is banned: use {banned[name]}")

    def check_functions(self, path, code):
        start = None
        lines = code.split("\n")
        for number, line in enumerate(lines, 1):
            if line == "{":
                start = number
            elif line == "}" and start is not None:
                body = lines[start:number - 1]
                flat = sum(bool(re.match(r"\s*(case .*|default):", b)) for b in body)
                if len(body) > MAX_FUNCTION and flat * 4 < len(body):
                    self.found(path, start, "function",
                               f"a function of {len(body)} lines, {MAX_FUNCTION} allowed")
                for offset, inner in enumerate(body, start + 1):
                    if re.match(r"\s*#\s*(if|ifdef|ifndef)\b", inner):
                        self.found(path, offset, "ifdef",
                                   "#if inside a function: write a complete second function")
                start = None

    def check_reasons(self, path, text):
        numbers, names = {}, {}
        for match in REASON.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            for seen, value in ((numbers, match.group(1)), (names, match.group(2))):
                if value in seen:
                    self.found(path, line, "reason", f"{value} stands in line {seen[value]} too")
                seen[value] = line


def blank(text):
    """Replaces comments and strings by spaces, keeping every line where it is."""
    def spaces(match):
        piece = match.group(0)
        if piece[0] in "\"'":
            return piece[0] + re.sub(r"[^\n]", " ", piece[1:-1]) + piece[0]
        return re.sub(r"[^\n]", " ", piece)
    return COMMENT_OR_STRING.sub(spaces, text)


def may_include(layer, target):
    if layer in ABOVE_ENGINE:
        return target in LAYERS[:LAYERS.index("engine") + 1] or target == layer
    if layer not in LAYERS or target not in LAYERS:
        return False
    return LAYERS.index(target) <= LAYERS.index(layer)


def untested(root):
    """Source files of the library without tests/unit/<layer>/test_<file>.c."""
    missing = []
    for layer in LAYERS:
        folder = os.path.join(root, "src", layer)
        for name in sorted(os.listdir(folder) if os.path.isdir(folder) else []):
            test = os.path.join(root, "tests", "unit", layer, "test_" + name)
            if name.endswith(".c") and name != "main.c" and not os.path.exists(test):
                missing.append(f"src/{layer}/{name}")
    return missing


# ---- Self-test ----

GOOD = "/* {name} - good. */\n#include \"base/mem.h\"\n\nint f(void)\n{{\n    return 0;\n}}\n"
LONG_SWITCH = "".join(f"    case {i}: return {i};\n" for i in range(70))

# (file, contents after its header comment, the rule that must speak, or None)
CASES = [
    ("src/hs/a.c", "#include \"base/mem.h\"\n#include \"cssl.h\"\n#include <stdio.h>\n", None),
    ("src/base/a.c", "#include \"crypto/hash.h\"\n", "layer"),
    ("src/session/a.c", "#include \"config/config.h\"\n", "layer"),
    ("src/engine/a.c", "#include \"socket/io.h\"\n", "layer"),
    ("src/erl/a.c", "#include \"socket/io.h\"\n", "layer"),
    ("src/erl/a.c", "#include \"engine/engine.h\"\n", None),
    ("src/hs/a.c", "#include \"unknown/io.h\"\n", "layer"),
    ("src/crypto/a.c", "#include <openssl/evp.h>\n#include <intel-ipsec-mb.h>\n", None),
    ("src/pki/a.c", "#include <openssl/x509.h>\n", "foreign"),
    ("src/hs/a.c", "#include <zlib.h>\n", "foreign"),
    ("src/msg/a.c", "#include <zlib.h>\n#include <brotli/decode.h>\n", None),
    ("src/cli/a.c", "#include <openssl/evp.h>\n", "foreign"),
    ("src/record/a.c", "#include <intel-ipsec-mb.h>\n", "foreign"),
    ("src/engine/a.c", "#include <poll.h>\n", "foreign"),
    ("src/socket/a.c", "#include <poll.h>\n#include <ares.h>\n", None),
    ("src/hs/a.c", "#include \"../base/mem.h\"\n", "include"),
    ("tests/alloc/certs.c", "#include \"../pair/certs.c\"\n", None),
    ("examples/a.c", "#include \"base/mem.h\"\n", "include"),
    ("examples/a.c", "#include \"cssl.h\"\n#include <cssl.h>\n", None),
    ("include/a.h", "#ifndef A_H\n#define A_H\n#include \"base/mem.h\"\n#endif\n", "include"),
    ("src/hs/a.h", "int f(void);\n", "guard"),
    ("src/hs/a.h", "#ifndef A_H\n#define A_H\nint f(void);\n#endif\n", None),
    ("src/hs/a.c", "int f(char *a)\n{\n    return strcpy(a, a) == a;\n}\n", "banned"),
    ("tests/unit/base/test_a.c", "int f(void)\n{\n    return sprintf (b, \"\");\n}\n", "banned"),
    ("src/base/a.c", "int f(void)\n{\n    return rand();\n}\n", "banned"),
    ("src/base/a.c", "int f(void)\n{\n    return o->random(o.rand(1)); /* rand() */\n}\n", None),
    ("src/base/a.c", "const char *s = \"gets() // alloca()\";\nint my_gets(void);\n", None),
    ("src/base/a.c", "int f(void)\n{\n    printf(\"\");\n}\n", "banned"),
    ("src/cli/a.c", "int f(void)\n{\n    printf(\"\");\n}\n", None),
    ("src/hs/a.c", "int f(void)\n{\n" + "    g();\n" * 61 + "}\n", "function"),
    ("src/hs/a.c", "int f(void)\n{\n" + "    g();\n" * 60 + "}\n", None),
    ("src/hs/a.c", "int f(void)\n{\n    switch (x) {\n" + LONG_SWITCH + "    }\n}\n", None),
    ("src/hs/a.c", "int f(void)\n{\n#ifdef A\n    g();\n#endif\n}\n", "ifdef"),
    ("src/hs/a.c", "int a;\n" * 800, "length"),
    ("src/hs/a.c", "int a;\n" * 799, None),
    ("src/hs/a.c", "\tint a;\n", "tab"),
    ("src/hs/a.c", "int a; \n", "trailing"),
    ("src/hs/a.c", "int a;\r\n", "newline"),
    ("src/hs/a.c", "int a;", "newline"),
    ("src/hs/a.c", "int " + "a" * 96 + ";\n", "columns"),
    ("src/hs/a.c", "int " + "a" * 95 + ";\n", None),
    ("tests/a.json", '"' + "a" * 200 + '"\n', None),
    ("tests/a.json", '"a" \n', "trailing"),
    ("src/hs/a.c", "/* TO" "DO: more */\n", "word"),
    ("tools/a.py", "# FIX" "ME\n", "word"),
    ("docs/a.md", "as in /wo" "rk/main\n", "place"),
    ("tests/cli/a.sh", "curl http://deb.deb" "ian.org/\n", "place"),
    ("docs/a.md", "as in src/work/main, `/work`-like, https://a.example/work/x\n", None),
    ("docs/a.md", "[a](a.md) [b](../docs/a.md#part) [c](https://a.example/) [d](#part)\n", None),
    ("docs/a.md", "[a](b.md)\n", "link"),
    ("include/r.def", "REASON(1, A, B)\nREASON(1, C, D)\n", "reason"),
    ("include/r.def", "REASON(1, A, B)\nREASON(2, A, D)\n", "reason"),
    ("include/r.def", "REASON(1, A, B)\nREASON(2, C, D)\n", None),
]


def findings_for(path, contents):
    with tempfile.TemporaryDirectory() as root:
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full))
        with open(full, "w", encoding="utf-8", newline="") as file:
            file.write(contents)
        return Lint(root).run()


def self_test():
    failures = 0
    spoken = set()

    def expect(path, contents, rule):
        nonlocal failures
        rules = {finding[2] for finding in findings_for(path, contents)}
        spoken.update(rules)
        if rules != ({rule} if rule else set()):
            failures += 1
            print(f"self-test: {path} {contents[:60]!r}: wanted {rule}, found {rules or None}")

    for path, body, rule in CASES:
        name = os.path.basename(path)
        header = f"/* {name} - for the self-test. */\n" if path.endswith(C_SUFFIXES) else ""
        expect(path, header + body, rule)
    expect("src/base/a.c", GOOD.format(name="a.c"), None)
    expect("src/base/a.c", "int a;\n", "header")
    expect("src/base/a.c", GOOD.format(name="b.c"), "header")
    expect("build/src/a.c", "int\ta;\n", None)

    with open(__file__, encoding="utf-8") as file:
        rules = set(re.findall(r"self\.found\([^\"]*\"([\w-]+)\"", file.read()))
    for rule in sorted(rules - spoken - {"utf-8"}):
        failures += 1
        print(f"self-test: no case for the rule '{rule}'")
    print(f"{len(CASES) + 4} cases, {failures} failures")
    return 1 if failures else 0


def main():
    arguments = sys.argv[1:]
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    if arguments == ["--self-test"]:
        return self_test()
    if arguments == ["--untested"]:
        missing = untested(root)
        print("\n".join(missing) if missing else "every source file has its test")
        return 0
    if len(arguments) > 1 or (arguments and arguments[0].startswith("-")):
        print(__doc__, file=sys.stderr)
        return 2
    findings = Lint(arguments[0] if arguments else root).run()
    for path, line, rule, words in findings:
        print(f"{path}:{line}: {words} [{rule}]")
    print(f"{len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
