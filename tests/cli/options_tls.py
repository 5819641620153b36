"""options_tls.py - options that cssl connect, serve and trace share: revocation, staples, keys that
both sides know, hosts, renegotiation, certificates after the handshake."""

import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))

from lib import (CSSL, Program, Serve, case, check, connect, facts, make_cert,  # noqa: E402
                 must_run, path, run, run_program, write)

CA = """
[ca]
default_ca = here
[here]
database = {index}
default_md = sha256
default_crl_days = 5
crlnumber = {number}
"""


def serial(name):
    out = must_run(["openssl", "x509", "-in", path(name + ".pem"), "-noout", "-serial"])
    return out.strip().split("=")[1]


def authority_says(name, **status):
    """A list and a response by the authority: status of certificates is V or R."""
    lines = []
    for certificate, letter in status.items():
        revoked = "260101000000Z,keyCompromise" if letter == "R" else ""
        lines.append(f"{letter}\t491231235959Z\t{revoked}\t{serial(certificate)}\tunknown\t/CN=x\n")
    index = write(name + ".index", "".join(lines))
    write(name + ".index.attr", "unique_subject = no\n")
    number = write(name + ".number", "01\n")
    config = write(name + ".cnf", CA.format(index=index, number=number))
    must_run(["openssl", "ca", "-gencrl", "-config", config, "-keyfile", path("ca.key"), "-cert",
              path("ca.pem"), "-out", path(name + ".crl")])
    for certificate in status:
        must_run(["openssl", "ocsp", "-index", index, "-CA", path("ca.pem"), "-rsigner",
                  path("ca.pem"), "-rkey", path("ca.key"), "-issuer", path("ca.pem"), "-cert",
                  path(certificate + ".pem"), "-ndays", "1", "-respout",
                  path(f"{name}.{certificate}.ocsp")])


@case("revocation lists: a server that was revoked, and one that was not")
def lists():
    authority_says("good", server="V")
    authority_says("bad", server="R")
    with Serve() as server:
        for version in "--tls1.2", "--tls1.3":
            for check_of in [], ["--crl-check", "peer"], ["--crl-check", "best-effort"]:
                more = [version, *check_of]
                connect(server.port, *more, "--crl-file", path("good.crl"), data=b"x")
                out, err = connect(server.port, *more, "--crl-file", path("bad.crl"), code=1,
                                   data=b"secret")
                check("revoked" in err and "Nothing was sent" in err and not out, err)
        known = facts(server.port, "--crl-file", path("bad.crl"), code=1)
        check(known["not_trusted"]["reason"] == known["error"]["reason"] == "CERT_REVOKED",
              json.dumps(known))
        check(known["certificates"], "no certificates")
        known = facts(server.port, "--insecure", "--crl-file", path("bad.crl"), code=1)
        check(known["not_trusted"]["reason"] == "CERT_REVOKED", json.dumps(known))
        _, err = connect(server.port, "--crl-check", "peer", code=1)
        check("revocation lists" in err, err)


@case("revocation lists: a client that was revoked")
def lists_of_clients():
    authority_says("clients-good", client="V")
    authority_says("clients-bad", client="R")
    identity = ["--cert", path("client.pem"), "--key", path("client.key")]
    for name, code in ("clients-good", 0), ("clients-bad", 1):
        with Serve("--cacert", path("ca.pem"), "--crl-file", path(name + ".crl")) as server:
            _, err = connect(server.port, *identity, data=b"x", code=code)
            check(code == 0 or "revoked" in err.lower(), err)


@case("staples: good, revoked, none")
def staples():
    authority_says("fine", server="V")
    authority_says("gone", server="R")
    with Serve("--staple", path("fine.server.ocsp")) as server:
        for version in "--tls1.2", "--tls1.3":
            known = facts(server.port, version, "--staple")
            check(known["staple"] == "good", json.dumps(known))
    with Serve("--staple", path("gone.server.ocsp")) as server:
        for more in [], ["--staple"]:
            known = facts(server.port, *more, code=1)
            check(known["error"]["reason"] == known["not_trusted"]["reason"] == "CERT_REVOKED",
                  json.dumps(known))
    with Serve() as server:
        known = facts(server.port, "--staple", code=1)
        check(known["error"]["reason"] == "STAPLE", json.dumps(known))
        check(known["not_trusted"]["reason"] == "STAPLE", json.dumps(known))


@case("keys that both sides know, without certificates")
def pre_shared():
    key = write("psk", "00112233445566778899aabbccddeeff" * 2 + "\n")
    other = write("other-psk", "ff112233445566778899aabbccddeeff" * 2 + "\n")
    us = ["--psk-identity", "us", "--psk", key]
    with Serve(*us) as server:
        _, err = connect(server.port, *us, data=b"x")
        check("pre-shared key" in err, err)
        known = facts(server.port, *us)
        check(known["trusted"] and not known["certificates"], json.dumps(known))
        _, err = connect(server.port, "--psk-identity", "us", "--psk", other, code=1)
        check("cssl connect:" in err, err)
        _, err = connect(server.port, *us, "--tls1.2", "--ciphers", "ECDHE-PSK-CHACHA20-POLY1305",
                         data=b"x")
        check("TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256" in err, err)
    _, err = connect(1, "--psk", key, code=2)
    check("give both" in err, err)


@case("hosts of --sni, also after SIGHUP")
def hosts():
    make_cert("elsewhere", "client")
    with Serve("--sni", f"*.example={path('elsewhere.pem')},{path('elsewhere.key')}") as server:
        names = {"localhost": "localhost", "www.example": "elsewhere", "a.b.example": "localhost"}
        for _ in range(2):
            for name, subject in names.items():
                known = facts(server.port, "--insecure", "--name", name, code=1)
                check(known["certificates"][0]["subject"] == "CN=" + subject, f"{name}: {known}")
            server.process.send_signal(signal.SIGHUP)
            server.event("reloaded")


@case("renegotiation: refused, and let happen")
def renegotiation():
    with Serve("--tls1.2") as server:
        out, err = connect(server.port, "--renegotiate", data=b"hello")
        check(out == "hello" and "Renegotiated" not in err, out + err)
    with Serve("--tls1.2", "--client-renegotiation") as server:
        out, err = connect(server.port, "--renegotiate", "--trace=json", "--trace-file",
                           path("again"), data=b"hello")
        check(out == "hello" and "Renegotiated" in err, out + err)
        server.event("renegotiated")
        with open(path("again"), encoding="utf-8") as file:
            seen = json.load(file)["messages"]
        hellos = [m for m in seen if m["message"] == "ClientHello"]
        check([m["protection"] for m in hellos] == ["in the clear", "application keys"],
              str(hellos))
    with Serve("--tls1.3") as server:
        _, err = connect(server.port, "--renegotiate", data=b"hello", code=1)
        check("has no renegotiation" in err, err)


@case("a client's certificate after the handshake")
def later():
    identity = ["--cert", path("client.pem"), "--key", path("client.key")]
    with Serve("--cacert", path("ca.pem"), "--post-handshake-auth", "--tls1.3") as server:
        with Program([CSSL, "connect", "--quiet", "--cacert", path("ca.pem"), *identity,
                      "--post-handshake-auth", f"localhost:{server.port}"]) as client:
            client.command("hello\n", "^hello$")  # the request came before the answer
            check(server.event("authenticated")["peer_verified"], "not verified")
            client.close_stdin()
            check(client.wait() == 0, client.text())
        check("error" not in server.event("closed"), "not in order")
        _, err = connect(server.port, *identity, data=b"x", code=None)
        check(server.event("closed").get("error"), "a client that cannot be asked was served")


@case("compressed chains and limits of records are said")
def facts_of_records():
    with Serve("--cert-compression", "zlib", "--record-size-limit", "1000") as server:
        known = facts(server.port, "--cert-compression", "zlib", "--record-size-limit", "2000")
        check(known["cert_compression"] == "zlib" and known["record_size_limit"] == 1000,
              json.dumps(known))
        check("session_id" not in known, json.dumps(known))
        known = facts(server.port, "--tls1.2", "--max-fragment-length", "512")
        check(known["max_fragment_length"] == 512 and known["extended_master_secret"]
              and known["secure_renegotiation"] and known["session_id"] is not None,
              json.dumps(known))


@case("TLS 1.2 in a trace")
def trace():
    with Serve("--tls1.2", "--cacert", path("ca.pem"), "--optional-client") as server:
        code, out, err = run_program([CSSL, "trace", "--json", "--cacert", path("ca.pem"),
                                      f"localhost:{server.port}"])
        check(code == 0, err)
        said = {m["message"]: m["details"] for m in json.loads(out)["messages"]}
        check(said["ServerKeyExchange"]["key_share"] == "x25519", out)
        check("signature" in said["ServerKeyExchange"], out)
        check(said["ClientKeyExchange"]["key_share"] == "32 bytes", out)
        check("ecdsa_sign" in said["CertificateRequest"]["keys"], out)
        check("new_keys" in said["ChangeCipherSpec"], out)
        check("valid for" in said["NewSessionTicket"]["ticket"], out)


if __name__ == "__main__":
    run("options", ["openssl"])
