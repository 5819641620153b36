"""curl.py - curl against cssl serve: pages, files, uploads."""

import hashlib
import json
import os

from lib import (BULK, FOLDER, Serve, bulk, case, check, must_run, path, run, run_program)


def curl(port, target, *more):
    """One request; returns what came, without the protocol's head."""
    return must_run(["curl", "-sS", "--fail", "--tlsv1.3", "--cacert", path("ca.pem"), *more,
                     f"https://localhost:{port}{target}"], seconds=300)


@case("a page, and the facts of the connection")
def page():
    with Serve("--www") as server:
        check("Your connection is secure" in curl(server.port, "/"), "no page")
        known = json.loads(curl(server.port, "/json"))
        check(known["protocol"] == "tlsv1.3" and known["alpn"] == "http/1.1", str(known))


@case("resumed")
def resumed():
    with Serve("--www") as server:
        url = f"https://localhost:{server.port}/json"
        must_run(["curl", "-sS", "--fail", "--cacert", path("ca.pem"), "-H", "Connection: close",
                  url, url])
        check(not server.event("connected")["resumed"], "the first one cannot be resumed")
        check(server.event("connected")["resumed"], "not resumed")


@case("many requests in one connection")
def keep_alive():
    with Serve("--www") as server:
        out = must_run(["curl", "-sS", "--fail", "--cacert", path("ca.pem"),
                        f"https://localhost:{server.port}/json?[1-50]"])
        check(out.count('"body_length"') == 50, "not 50 answers")
        server.event("connected")
        closed = server.event("closed")
        check(server.text().count('"connected"') == 1, "more than one connection")
        check("error" not in closed, str(closed))


@case("TLS 1.2: a page, resumed, mutual")
def tls12():
    old = ["-sS", "--fail", "--tls-max", "1.2", "--cacert", path("ca.pem")]
    with Serve("--www") as server:
        url = f"https://localhost:{server.port}/json"
        known = must_run(["curl", *old, "-H", "Connection: close", url, url])
        check(known.count('"tlsv1.2"') == 2, known)
        check(not server.event("connected")["resumed"], "the first one cannot be resumed")
        check(server.event("connected")["resumed"], "not resumed")
    with Serve("--www", "--cacert", path("ca.pem")) as server:
        known = json.loads(must_run(["curl", *old, "--cert", path("client.pem"), "--key",
                                     path("client.key"), f"https://localhost:{server.port}/json"]))
        check(known["peer_verified"] and known["protocol"] == "tlsv1.2", str(known))


@case("mutual")
def mutual():
    with Serve("--www", "--cacert", path("ca.pem")) as server:
        known = json.loads(curl(server.port, "/json", "--cert", path("client.pem"), "--key",
                                path("client.key")))
        check(known["peer_verified"], str(known))
        check(known["certificates"][0]["subject"] == "CN=client", str(known))
        code, _, err = run_program(["curl", "-sS", "--cacert", path("ca.pem"),
                                    f"https://localhost:{server.port}/"])
        check(code != 0 and "certificate required" in err, err)


@case("HelloRetryRequest")
def retry():
    with Serve("--www", "--groups", "x25519") as server:
        known = json.loads(curl(server.port, "/json", "--curves", "P-384:X25519"))
        check(known["hello_retry"] and known["group"] == "x25519", str(known))


@case("bulk data down and up, with key updates of ours")
def transfers():
    name, digest = bulk("down")
    for more in [], ["--key-update-at", str(BULK // 10)]:
        with Serve("--files", FOLDER, *more) as server:
            curl(server.port, "/down", "-o", path("came"))
            with open(path("came"), "rb") as file:
                check(hashlib.file_digest(file, "sha256").hexdigest() == digest
                      if hasattr(hashlib, "file_digest")
                      else hashlib.sha256(file.read()).hexdigest() == digest, "damaged")
        with Serve("--www", *more) as server:
            for form in ["Content-Length: " + str(BULK)], ["Transfer-Encoding: chunked"]:
                known = json.loads(curl(server.port, "/json", "-T", name, "-H", *form))
                check(known["request"]["body_sha256"] == digest, str(known["request"]))


@case("the file tree and nothing beside it")
def files():
    tree = path("tree")
    os.makedirs(os.path.join(tree, "folder"))
    for name in "a.txt", "folder/b<c>&.html", ".hidden":
        with open(os.path.join(tree, name), "w", encoding="utf-8") as file:
            file.write("contents of " + name)
    os.symlink(path("ca.key"), os.path.join(tree, "link"))
    os.symlink(FOLDER, os.path.join(tree, "up"))
    os.mkfifo(os.path.join(tree, "pipe"))
    with Serve("--files", tree) as server:
        check(curl(server.port, "/a.txt") == "contents of a.txt", "no file")
        listing = curl(server.port, "/")
        check("a.txt" in listing and "folder/" in listing, listing)
        for hidden in ".hidden", "link", "pipe":
            check(hidden not in listing, listing)
        listing = curl(server.port, "/folder", "-L")
        check("b&lt;c&gt;&amp;.html" in listing and "b%3Cc%3E%26.html" in listing, listing)
        check("contents" in curl(server.port, "/folder/b%3Cc%3E%26.html"), "no file")
        for target in ("/../ca.key", "/folder/../../ca.key", "/%2e%2e/ca.key", "/..%2fca.key",
                       "/link", "/up/ca.key", "/.hidden", "/pipe", "/folder/%00", "/a.txt/",
                       "/a.txt/..", "//../ca.key", "/nothing"):
            code, out, err = run_program(
                ["curl", "-sS", "--path-as-is", "-w", "%{http_code}", "--cacert", path("ca.pem"),
                 f"https://localhost:{server.port}{target}"])
            check(code == 0 and out[-3:] in ("400", "404"), f"{target}: {out} {err}")
            check("PRIVATE KEY" not in out, target)


@case("new certificates on SIGHUP, and broken ones refused")
def reload():
    import shutil
    import signal
    from lib import make_cert
    for ending in ".pem", ".key":
        shutil.copyfile(path("server" + ending), path("live" + ending))
        os.chmod(path("live" + ending), 0o600)
    make_cert("renewed")
    with Serve("--www", cert="live") as server:
        url = f"https://localhost:{server.port}/json"
        first = json.loads(must_run(["curl", "-sS", "--cacert", path("ca.pem"), url]))
        with open(path("live.pem"), "w", encoding="utf-8") as file:
            file.write("no certificate")
        server.process.send_signal(signal.SIGHUP)
        check("stays in use" in server.event("reload_failed")["text"], "no sentence")
        check(json.loads(curl(server.port, "/json"))["protocol"] == first["protocol"], "no answer")
        for ending in ".pem", ".key":
            shutil.copyfile(path("renewed" + ending), path("live" + ending))
        server.process.send_signal(signal.SIGHUP)
        server.event("reloaded")
        wanted = must_run(["openssl", "x509", "-in", path("renewed.pem"), "-noout", "-serial"])
        _, shown, _ = run_program(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}"])
        serial = must_run(["openssl", "x509", "-noout", "-serial"], shown.encode())
        check(serial == wanted, f"{serial} is not {wanted}")


if __name__ == "__main__":
    run("curl", ["curl", "openssl"])
