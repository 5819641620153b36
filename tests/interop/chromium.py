"""chromium.py - Chromium, headless, loads pages from cssl serve."""

import functools
import os
import shutil

from lib import (BULK, FOLDER, Serve, bulk, case, check, must_run, path, run, run_program, skip,
                 write)

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage", "--disable-default-apps", "--disable-extensions"]


@functools.lru_cache(None)
def home():
    """A home of its own, whose certificate database trusts our authority."""
    folder = path("home")
    database = os.path.join(folder, ".pki", "nssdb")
    os.makedirs(database)
    must_run(["certutil", "-N", "-d", "sql:" + database, "--empty-password"])
    must_run(["certutil", "-A", "-d", "sql:" + database, "-n", "interop", "-t", "C,,", "-i",
              path("ca.pem")])
    return folder


def load(port, target="/", *more, trusted=True):
    """The page as the browser understood it."""
    if trusted:
        folder = home()
    else:
        folder = path("untrusting")
        os.makedirs(folder, exist_ok=True)
    profile = path(f"profile-{port}")
    shutil.rmtree(profile, ignore_errors=True)
    os.mkdir(profile)
    environment = dict(os.environ, HOME=folder)
    environment.pop("SSLKEYLOGFILE", None)
    code, out, err = run_program(
        [BROWSER, *FLAGS, f"--user-data-dir={profile}", *more, "--dump-dom",
         f"https://localhost:{port}{target}"], seconds=180, env=environment, cwd=folder)
    check(code == 0, f"exit code {code}\n{err[-3000:]}")
    return out


@case("a page, and what it says of the connection")
def page():
    with Serve("--www") as server:
        text = load(server.port)
        for words in ("Your connection is secure", "<td>tlsv1.3", "<td>http/1.1", "<td>localhost"):
            check(words in text, f"'{words}' is not in the page:\n{text[:4000]}")
        event = server.event("connected")
        check(event["protocol"] == "tlsv1.3" and event["alpn"] == "http/1.1", str(event))


@case("HelloRetryRequest")
def retry():
    with Serve("--www", "--groups", "secp384r1") as server:
        text = load(server.port)
        check("Your connection is secure" in text and "<td>secp384r1" in text, text[:4000])
        check(server.event("connected")["hello_retry"], "no HelloRetryRequest")


@case("an authority that it does not know")
def untrusted():
    with Serve("--www") as server:
        text = load(server.port, trusted=False)
        check("Your connection is secure" not in text, "it showed the page")
        server.event("refused")


SCRIPT = """<!doctype html><title>waiting</title><p id=a>waiting<script>
(async () => {
    const hex = (b) => [...new Uint8Array(b)].map((x) => x.toString(16).padStart(2, '0')).join('');
    const data = await (await fetch('/down')).arrayBuffer();
    const digest = hex(await crypto.subtle.digest('SHA-256', data));
    document.getElementById('a').textContent = 'digest ' + digest + ' of ' + data.byteLength;
})();
</script>
"""


@case("bulk data, with key updates of ours")
def transfer():
    _, digest = bulk("down")
    write("page.html", SCRIPT)
    with Serve("--files", FOLDER, "--key-update-at", str(BULK // 10)) as server:
        text = load(server.port, "/page.html", "--virtual-time-budget=100000")
        check(f"digest {digest} of {BULK}" in text, text[:2000])


@case("resumed, for a page of several parts")
def resumed():
    # The second load of one profile knows nothing of the first; parts of one page do: each of
    # these is asked for in a connection of its own, since six at once are more than one can carry.
    parts = "".join(f"<link rel=stylesheet href='/json?{i}'>" for i in range(6))
    write("parts.html", f"<!doctype html>{parts}<p>loaded")
    with Serve("--files", FOLDER) as server:
        text = load(server.port, "/parts.html")
        check("loaded" in text, text[:2000])
        check('"resumed":true' in server.text(), server.text())


if __name__ == "__main__":
    if BROWSER is None:
        skip("chromium", "chromium not installed (tools/install-deps.sh --tests)")
    run("chromium", ["certutil"])
