"""nss.py - NSS's tstclnt and selfserv against cssl."""

import functools
import os

from lib import (BULK, CSSL, FOLDER, Failure, Program, Serve, bulk, case, check, connect,
                 download_bulk, facts, free_port, make_cert, must_run, path, run, upload_bulk)

SUITES12 = {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "C02B",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "C02C",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "CCA9"}
RSA12 = ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
         "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"]
SUITES = {"TLS_AES_128_GCM_SHA256": "1301", "TLS_AES_256_GCM_SHA384": "1302",
          "TLS_CHACHA20_POLY1305_SHA256": "1303"}
GROUPS = {"x25519": "x25519", "secp256r1": "P256", "secp384r1": "P384", "secp521r1": "P521",
          "ffdhe2048": "FF2048", "ffdhe3072": "FF3072", "ffdhe4096": "FF4096"}


@functools.lru_cache(None)
def database():
    """NSS keeps certificates and keys in a database of its own. Its server's key is RSA, since
    that is what selfserv's -n is for in every version."""
    make_cert("nss-server", "server", "rsa")
    folder = path("nssdb")
    os.mkdir(folder)
    must_run(["certutil", "-N", "-d", "sql:" + folder, "--empty-password"])
    must_run(["certutil", "-A", "-d", "sql:" + folder, "-n", "ca", "-t", "CT,C,C", "-i",
              path("ca.pem")])
    for name in "nss-server", "client":
        must_run(["openssl", "pkcs12", "-export", "-in", path(name + ".pem"), "-inkey",
                  path(name + ".key"), "-name", name, "-passout", "pass:x", "-out",
                  path(name + ".p12")])
        must_run(["pk12util", "-i", path(name + ".p12"), "-d", "sql:" + folder, "-W", "x"])
    return "sql:" + folder


def client(port, *more, binary=False, version="tls1.3"):
    return Program(["tstclnt", "-h", "localhost", "-p", port, "-d", database(), "-V",
                    f"{version}:{version}", *more], binary=binary)


def server(*more, version="tls1.3"):
    """selfserv does not tell a port that it chose, so it is given one, again when it is taken."""
    for _ in range(10):
        port = free_port()
        program = Program(["selfserv", "-n", "nss-server", "-p", port, "-d", database(), "-V",
                           f"{version}:{version}", "-v", *more])
        program.port = port
        try:
            program.until("About to call accept", 10)
            return program
        except Failure:
            program.kill()
    raise Failure(f"selfserv does not listen: {program.text()}")


GET = b"GET / HTTP/1.0\r\n\r\n"


# ---- Our server ----

@case("tstclnt, full handshake")
def server_full():
    with Serve() as ours, client(ours.port) as nss:
        nss.command("Hello, server!\n", "Hello, server!$")
        event = ours.event("connected")
        check(event["protocol"] == "tlsv1.3" and event["server_name"] == "localhost", str(event))


@case("tstclnt, each suite and group")
def server_choices():
    with Serve("--ciphers", ",".join(SUITES), "--groups", ",".join(GROUPS)) as ours:
        for name, number in SUITES.items():
            with client(ours.port, "-c", ":" + number, "-Q") as nss:
                check(nss.wait() == 0, nss.text())
                event = ours.event("connected")
                check(event["cipher_suite"] == name, str(event))
        for name, theirs in GROUPS.items():
            with client(ours.port, "-I", theirs, "-Q") as nss:
                check(nss.wait() == 0, nss.text())
                event = ours.event("connected")
                check(event["group"] == name and not event["hello_retry"], str(event))


@case("tstclnt, resumed")
def server_resumed():
    with Serve("--reply", "answer") as ours, client(ours.port, "-L", "2", "-A",
                                                    hello_file()) as nss:
        nss.wait()
        check(not ours.event("connected")["resumed"], "the first one cannot be resumed")
        check(ours.event("connected")["resumed"], "not resumed\n" + nss.text())


def hello_file():
    with open(path("hello"), "w", encoding="utf-8") as file:
        file.write("Hello, server!\n")
    return path("hello")


@case("tstclnt, mutual")
def server_mutual():
    with Serve("--cacert", path("ca.pem")) as ours:
        with client(ours.port, "-n", "client") as nss:
            nss.command("x\n", "x$")
            check(ours.event("connected")["peer_verified"], "not verified")
        with client(ours.port, "-n", "none") as nss:
            nss.until("(?i)alert.*certificate|CERT_REQUIRED|certificate was rejected|ERROR_RX_CERT")
            ours.event("refused")


@case("tstclnt, HelloRetryRequest")
def server_retry():
    with Serve("--groups", "x25519") as ours, client(ours.port, "-I", "P384,x25519") as nss:
        nss.command("x\n", "x$")
        event = ours.event("connected")
        check(event["hello_retry"] and event["group"] == "x25519", str(event))


@case("tstclnt, bulk data up and down, with key updates of ours")
def server_bulk():
    bulk("down")
    for more in [], ["--key-update-at", str(BULK // 10)]:
        with Serve("--www", *more) as ours, client(ours.port, binary=True) as nss:
            upload_bulk(nss)
        with Serve("--files", FOLDER, *more) as ours, client(ours.port, binary=True) as nss:
            download_bulk(nss)


# ---- Our client ----

@case("selfserv, full handshake")
def client_full():
    with server() as nss:
        out, err = connect(nss.port, data=GET)
        check("HTTP" in out and "Trusted" in err, out + err)


@case("selfserv, each suite and group")
def client_choices():
    with server() as nss:
        for suite in SUITES:
            check(facts(nss.port, "--ciphers", suite)["cipher_suite"] == suite, suite)
    with server("-I", ",".join(GROUPS.values())) as nss:
        for group in GROUPS:
            check(facts(nss.port, "--groups", group)["group"] == group, group)


@case("selfserv, resumed")
def client_resumed():
    with server("-u") as nss:
        connect(nss.port, "--sess-out", path("kept"), data=GET)
        known = facts(nss.port, "--sess-in", path("kept"))
        check(known["resumed"] and known["peer_verified"], str(known))


@case("selfserv, mutual")
def client_mutual():
    with server("-r", "-r") as nss:
        connect(nss.port, "--cert", path("client.pem"), "--key", path("client.key"), data=GET)
        connect(nss.port, data=GET, code=1)
        connect(nss.port, "--cert", path("stranger.pem"), "--key", path("stranger.key"), data=GET,
                code=1)


@case("selfserv, HelloRetryRequest")
def client_retry():
    with server("-I", "P384") as nss:
        known = facts(nss.port, "--groups", "x25519,secp384r1")
        check(known["hello_retry"] and known["group"] == "secp384r1", str(known))


@case("selfserv, bulk data down")
def client_bulk():
    # It has no way to take much: its blocks of 16 KiB come without being asked for.
    blocks = BULK // 16384
    with server("-g", str(blocks)) as nss:
        with Program([CSSL, "connect", "--quiet", "--cacert", path("ca.pem"),
                      f"localhost:{nss.port}"], binary=True) as ours:
            ours.say(GET)
            total = 0
            while total < blocks * 16384:
                data = ours.process.stdout.read1(65536)
                check(data, f"only {total} bytes came\n{ours.text()}")
                total += len(data)


@case("TLS 1.2, both roles: suites, resumed, mutual")
def tls12():
    old = "tls1.2"
    with Serve("--tls1.2") as ours:
        for name, number in SUITES12.items():
            with client(ours.port, "-c", ":" + number, "-Q", version=old) as nss:
                check(ours.event("connected")["cipher_suite"] == name, name)
                # It looks whether to quit when something more comes, from whomever; in TLS 1.2
                # nothing does, from OpenSSL's server neither.
                nss.close_stdin()
                check(nss.wait() == 0, nss.text())
    with Serve("--tls1.2", "--reply", "answer") as ours:
        with client(ours.port, "-L", "2", "-u", "-A", hello_file(), version=old) as nss:
            nss.wait()
            check(not ours.event("connected")["resumed"], "the first one cannot be resumed")
            check(ours.event("connected")["resumed"], "not resumed\n" + nss.text())
    with Serve("--tls1.2", "--cacert", path("ca.pem")) as ours:
        with client(ours.port, "-n", "client", version=old) as nss:
            nss.command("x\n", "x$")
            check(ours.event("connected")["peer_verified"], "not verified")
    with server("-u", version=old) as nss:
        for suite in RSA12:
            known = facts(nss.port, "--tls1.2", "--ciphers", suite)
            check(known["cipher_suite"] == suite, suite)
        connect(nss.port, "--tls1.2", "--sess-out", path("kept"), data=GET)
        known = facts(nss.port, "--tls1.2", "--sess-in", path("kept"))
        check(known["resumed"] and known["peer_verified"], str(known))
    with server("-r", "-r", version=old) as nss:
        connect(nss.port, "--cert", path("client.pem"), "--key", path("client.key"), data=GET)


if __name__ == "__main__":
    run("nss", ["tstclnt", "selfserv", "certutil", "pk12util", "openssl"])
