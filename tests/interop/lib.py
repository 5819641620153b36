"""lib.py - what the interop tests share: our command, other programs, certificates, transfers.

A test file is one peer program. It registers cases with @case and ends with run(...), which runs
them all, prints a line for each and "N passed, N failed". Everything happens on loopback, in a
temporary directory, with ports that the kernel chose. Nothing waits by the clock: output is read
until it says what is waited for, and every wait has a deadline.

Environment: CSSL_BUILD_DIR says where cssl is built. CSSL_INTEROP_BYTES is how much is sent each
way (100,000,000; less in builds with sanitizers). With CI=true a peer that is missing is a failure,
else it is skipped by name (exit code 77).
"""

import atexit
import functools
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("CSSL_BUILD_DIR", os.path.join(HERE, "..", "..", "build"))
CSSL = os.path.join(BUILD, "cssl")
PATIENCE = int(os.environ.get("CSSL_INTEROP_SECONDS", 60))  # for what should happen at once


def sanitized():
    try:
        with open(os.path.join(BUILD, "CMakeCache.txt"), encoding="utf-8") as cache:
            return re.search(r"^CSSL_SANITIZE:\w+=\w+$", cache.read(), re.M) is not None
    except OSError:
        return False


BULK = int(os.environ.get("CSSL_INTEROP_BYTES", 2_000_000 if sanitized() else 100_000_000))


class Failure(Exception):
    pass


def check(condition, words):
    if not condition:
        raise Failure(words)


# ---- Where files go ----

FOLDER = tempfile.mkdtemp(prefix="cssl-interop-")
PROCESSES = []


@atexit.register
def clean_up():
    for process in PROCESSES:
        process.kill()
    shutil.rmtree(FOLDER, ignore_errors=True)


def path(name):
    return os.path.join(FOLDER, name)


def write(name, text):
    with open(path(name), "w", encoding="utf-8") as file:
        file.write(text)
    return path(name)


# ---- Programs ----

# A test that is killed cannot clean up: the kernel ends its programs then.
LEASH = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


class Program:
    """A program that runs beside the test. Its output is read all the time."""

    def __init__(self, arguments, env=None, cwd=None, stdin=subprocess.PIPE, binary=False):
        self.arguments = [str(a) for a in arguments]
        self.said = []  # lines of stdout and stderr, or of stderr alone when binary
        self.news = threading.Condition()
        self.ended = 0  # streams
        self.process = subprocess.Popen(
            [*LEASH, *self.arguments], stdin=stdin, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=env, cwd=cwd, start_new_session=True)
        PROCESSES.append(self)
        streams = [self.process.stderr] if binary else [self.process.stdout, self.process.stderr]
        self.streams = len(streams)
        for stream in streams:
            threading.Thread(target=self._listen, args=(stream,), daemon=True).start()

    def _listen(self, stream):
        for line in stream:
            with self.news:
                self.said.append(line.decode("utf-8", "replace").rstrip("\r\n"))
                self.news.notify_all()
        with self.news:
            self.ended += 1
            self.news.notify_all()

    def text(self):
        with self.news:
            return "\n".join(self.said)

    def until(self, pattern, seconds=PATIENCE, since=0):
        """Waits for a line that matches, the first `since` lines apart, and returns the match."""
        deadline = time.monotonic() + seconds
        seen = since
        with self.news:
            while True:
                for line in self.said[seen:]:
                    match = re.search(pattern, line)
                    if match:
                        return match
                seen = len(self.said)
                left = deadline - time.monotonic()
                if self.ended == self.streams or left <= 0:
                    why = "ended" if self.ended == self.streams else f"said nothing in {seconds} s"
                    raise Failure(f"{self.arguments[0]} {why}; wanted /{pattern}/ in:\n"
                                  + "\n".join(self.said[-40:]))
                self.news.wait(left)

    def command(self, text, pattern):
        """Says something and waits for an answer that was not there before."""
        since = len(self.said)
        self.say(text)
        return self.until(pattern, since=since)

    def say(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Failure(f"{self.arguments[0]} is gone:\n{self.text()}") from None

    def close_stdin(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass

    def wait(self, seconds=PATIENCE):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.arguments[0]} does not end:\n{self.text()}") from None
        with self.news:
            self.news.wait_for(lambda: self.ended == self.streams, 10)
        return code

    def terminate(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


def run_program(arguments, data=b"", seconds=PATIENCE, env=None, cwd=None):
    """Runs a program to its end and returns (exit code, stdout, stderr)."""
    try:
        done = subprocess.run([str(a) for a in arguments], input=data, capture_output=True,
                              timeout=seconds, env=env, cwd=cwd, check=False)
    except subprocess.TimeoutExpired as expired:
        raise Failure(f"{arguments[0]} does not end: {expired.stdout!r} {expired.stderr!r}"
                      ) from None
    return (done.returncode, done.stdout.decode("utf-8", "replace"),
            done.stderr.decode("utf-8", "replace"))


def must_run(arguments, data=b"", **more):
    code, out, err = run_program(arguments, data, **more)
    check(code == 0, f"{' '.join(str(a) for a in arguments)}: exit code {code}\n{out}\n{err}")
    return out + err


def free_port():
    """For programs that cannot choose a port themselves; whoever uses it tries again."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# ---- Our command ----

class Serve(Program):
    """cssl serve on a free port; events are its JSON lines."""

    def __init__(self, *arguments, cert="server"):
        super().__init__([CSSL, "serve", "--port", "0", "--json", "--cert", path(cert + ".pem"),
                          "--key", path(cert + ".key"), *arguments], stdin=subprocess.DEVNULL)
        self.taken = 0
        self.port = self.event("listening")["port"]

    def event(self, name, seconds=PATIENCE):
        """The next event of this name; those before it are passed over."""
        deadline = time.monotonic() + seconds
        with self.news:
            while True:
                while self.taken < len(self.said):
                    line = self.said[self.taken]
                    self.taken += 1
                    event = json.loads(line) if line.startswith("{") else {}
                    if event.get("event") == name:
                        return event
                left = deadline - time.monotonic()
                if self.ended == self.streams or left <= 0:
                    raise Failure(f"cssl serve has no event '{name}':\n" + "\n".join(self.said))
                self.news.wait(left)

    def stop(self):
        """An ordinary stop, which has to be clean: a sanitizer's report is an exit code too."""
        code = self.terminate()
        check(code == 0, f"cssl serve ended with {code}:\n{self.text()}")

    def __exit__(self, kind, *_):
        if kind is None and self.process.poll() is None:
            self.stop()
        self.kill()


def connect(port, *arguments, data=b"", code=0, seconds=PATIENCE, cacert="ca", host="localhost"):
    """Runs cssl connect; returns (stdout, stderr). code None takes any exit code."""
    trust = ["--cacert", path(cacert + ".pem")] if cacert else []
    got, out, err = run_program([CSSL, "connect", "--timeout", "30", *trust, *arguments,
                                 f"{host}:{port}"], data, seconds)
    check(code in (None, got),
          f"cssl connect {' '.join(arguments)}: exit code {got} instead of {code}"
          f"\n{out[-2000:]}\n{err[-4000:]}")
    return out, err


def facts(port, *arguments, **more):
    """What cssl connect --json knows of a connection."""
    out, _ = connect(port, "--json", *arguments, **more)
    return json.loads(out)


def traced(name):
    """The messages of a trace written by --trace=json, as "client KeyUpdate"."""
    with open(path(name), encoding="utf-8") as file:
        return [f"{m['from']} {m['message']}" for m in json.load(file)["messages"]]


def check_traced(name, *messages):
    seen = traced(name)
    for message in messages:
        check(message in seen, f"no '{message}' in the trace: {seen}")


# ---- Our library, with any option (interop_peer.c) ----

PEER = os.path.join(BUILD, "tests", "interop_peer")
PSK = "8f2a5c1e9b7d3046a1c2e3f405162738495a6b7c8d9eafb0c1d2e3f405162738"
PSK_OPTIONS = [f"psk={PSK}", "psk_identity=interop"]


class Peer(Program):
    """interop_peer as a client (port says of what) or as a server that echoes."""

    def __init__(self, *options, port=None, trust=True, code=0):
        role = ["server"] if port is None else ["client", str(port)]
        if port is not None and trust:
            options = ("cacertfile=" + path("ca.pem"), *options)
        super().__init__([PEER, *role, *options])
        self.seen = 0
        self.code = code
        self.port = int(self.next(r"^port (\d+)").group(1)) if port is None else port

    def next(self, pattern, seconds=PATIENCE):
        """The next line that matches, behind the one that was found before."""
        deadline = time.monotonic() + seconds
        with self.news:
            while True:
                while self.seen < len(self.said):
                    self.seen += 1
                    match = re.search(pattern, self.said[self.seen - 1])
                    if match:
                        return match
                left = deadline - time.monotonic()
                if self.ended == self.streams or left <= 0:
                    raise Failure(f"no /{pattern}/ from {' '.join(self.arguments)}:\n"
                                  + "\n".join(self.said[-40:]))
                self.news.wait(left)

    def connected(self, **wanted):
        """What the next connection came to, which has to be what is wanted."""
        event = json.loads(self.next(r"^connected (.*)").group(1))
        for name, value in wanted.items():
            check(event[name] == value, f"{name} is not {value}: {event}")
        return event

    def __exit__(self, kind, *_):
        if kind is None and self.process.poll() is None:
            self.close_stdin()
        if kind is None:
            code = self.wait()
            check(self.code in (code, None), f"interop_peer ended with {code}:\n{self.text()}")
        self.kill()


@functools.lru_cache(None)
def suites(version):
    """All suites of ours: (IANA's name, OpenSSL's, key exchange, cipher, MAC, number)."""
    lines = must_run([PEER, "suites"]).splitlines()
    return [tuple(line.split()[1:]) for line in lines if line.split()[0] == version]


def identity(name):
    return ["certfile=" + path(name + ".pem"), "keyfile=" + path(name + ".key")]


# ---- Certificates, by OpenSSL: a second opinion on ours ----

KEYS = {
    "p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "p521": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "ed25519": ["-algorithm", "ED25519"],
    "ed448": ["-algorithm", "ED448"],
    "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "rsapss": ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
}

EXTENSIONS = """
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[encipher]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectAltName = DNS:client.example
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[req]
distinguished_name = name
[name]
"""


def make_key(name, kind):
    must_run(["openssl", "genpkey", *KEYS[kind], "-out", path(name + ".key")])


def make_ca(name="ca", kind="p256"):
    config = write("openssl.cnf", EXTENSIONS)
    make_key(name, kind)
    must_run(["openssl", "req", "-x509", "-new", "-config", config, "-extensions", "ca", "-key",
              path(name + ".key"), "-subj", f"/CN=Interop {name}", "-days", "30", "-out",
              path(name + ".pem")])


@functools.lru_cache(None)
def make_cert(name, role="server", kind="p256", issuer="ca"):
    config = write("openssl.cnf", EXTENSIONS)
    subject = "localhost" if role == "server" else name
    make_key(name, kind)
    must_run(["openssl", "req", "-new", "-config", config, "-key", path(name + ".key"), "-subj",
              f"/CN={subject}", "-out", path(name + ".csr")])
    must_run(["openssl", "x509", "-req", "-in", path(name + ".csr"), "-CA", path(issuer + ".pem"),
              "-CAkey", path(issuer + ".key"), "-CAcreateserial", "-days", "20", "-extfile",
              config, "-extensions", role, "-out", path(name + ".pem")])
    os.chmod(path(name + ".key"), 0o600)
    return name


def make_pki():
    make_ca()
    make_ca("other-ca")
    make_cert("server")
    make_cert("client", "client")
    make_cert("stranger", "client", issuer="other-ca")


# ---- Bulk transfers ----

@functools.lru_cache(None)
def bulk(name, size=BULK):
    """A file of size bytes in which no two places look alike, in lines of 2,048 bytes (some
    programs read and echo lines only); returns (path, SHA-256)."""
    digest = hashlib.sha256()
    lines = [hashlib.shake_256(f"{name} {i}".encode()).hexdigest(1015) + "\n" for i in range(32)]
    with open(path(name), "wb") as file:
        for start in range(0, size, 65536):
            piece = "".join(f"{start + 2048 * i:016x} {line}" for i, line in enumerate(lines))
            data = piece.encode()[:size - start]
            digest.update(data)
            file.write(data)
    return path(name), digest.hexdigest()


def feed(stream, name, size=BULK, before=b""):
    """Writes a bulk file to a stream, in a thread of its own."""
    file_path, _ = bulk(name, size)

    def run():
        try:
            stream.write(before)
            with open(file_path, "rb") as file:
                shutil.copyfileobj(file, stream, 65536)
            stream.flush()
        except (BrokenPipeError, ValueError):
            pass  # the reader notices what is missing

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


class Digest(threading.Thread):
    """Reads size bytes of a stream, beside everything else, and hashes them."""

    def __init__(self, stream, size):
        super().__init__(daemon=True)
        self.stream, self.size, self.outcome = stream, size, None
        self.start()

    def run(self):
        digest = hashlib.sha256()
        left = self.size
        while left > 0:
            data = self.stream.read1(min(65536, left))
            if not data:
                self.outcome = f"{left} bytes are missing"
                return
            digest.update(data)
            left -= len(data)
        self.outcome = digest.hexdigest()


def same_bulk(*expected, size=BULK, seconds=300):
    """Each pair of a stream and a bulk file's name: the stream brings just that file. All streams
    are read at the same time, or programs would wait for each other."""
    deadline = time.monotonic() + seconds
    for name, digest in [(name, Digest(stream, size)) for stream, name in expected]:
        digest.join(max(0, deadline - time.monotonic()))
        check(digest.outcome == bulk(name, size)[1],
              f"the bytes of '{name}' came out wrong: {digest.outcome or 'not all in time'}")


def echo_bulk(program, name="echoed", size=BULK):
    """Sends a bulk file through a program's stdin and wants it back on its stdout."""
    feed(program.process.stdin, name, size)
    try:
        same_bulk((program.process.stdout, name), size=size)
    except Failure as failure:
        raise Failure(f"{failure}\n{program.text()}") from None


# For programs that block when both directions are full, one direction at a time: HTTP over their
# stdin and stdout, with cssl serve --www and --files.

def upload_bulk(program, name="up", size=BULK):
    """Sends a bulk file as a request's body; the page /json says what it hashed to."""
    head = f"PUT /json HTTP/1.0\r\nContent-Length: {size}\r\n\r\n".encode()
    feed(program.process.stdin, name, size, head)
    line = b"?"
    while line and b"body_sha256" not in line:  # some programs go on after the server's end
        line = program.process.stdout.readline()
    check(bulk(name, size)[1].encode() in line, f"the bytes of '{name}' came out wrong: {line}")


def download_bulk(program, name="down", size=BULK):
    """Asks for a bulk file in FOLDER."""
    program.say(f"GET /{name} HTTP/1.0\r\n\r\n")
    while program.process.stdout.readline().strip():
        pass
    same_bulk((program.process.stdout, name), size=size)


# ---- Cases ----

CASES = []


def case(words):
    def register(function):
        CASES.append((words, function))
        return function
    return register


def missing(programs):
    return [p for p in programs if shutil.which(p) is None]


def skip(peer, words):
    if os.environ.get("CI") == "true":
        print(f"{peer}: {words}: in CI that is a failure")
        sys.exit(1)
    print(f"{peer}: skipped: {words}")
    sys.exit(77)


def run(peer, programs):
    absent = missing(programs)
    if absent:
        skip(peer, f"{', '.join(absent)} not installed (tools/install-deps.sh --tests)")
    for program in CSSL, PEER:
        if not os.access(program, os.X_OK):
            print(f"{program} is not built")
            sys.exit(1)
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    make_pki()
    failed = passed = 0
    for words, function in CASES:
        if wanted not in words:
            continue
        started = time.monotonic()
        try:
            function()
        except Failure as failure:
            failed += 1
            print(f"FAILED  {peer}: {words}\n{failure}", flush=True)
            continue
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"FAILED  {peer}: {words}\n{traceback.format_exc()}", flush=True)
            continue
        passed += 1
        print(f"ok      {peer}: {words} ({time.monotonic() - started:.1f} s)", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)
