"""erlang_tls12.py - OTP's ssl application in TLS 1.2 against cssl, in both roles: every suite that
both have, resumption by session identifier, renegotiation, client certificates
(erlang_peer12.escript)."""

import os

from lib import (HERE, PSK, PSK_OPTIONS, Failure, Peer, Program, case, check, identity, make_cert,
                 path, run, suites)

SCRIPT = os.path.join(HERE, "erlang_peer12.escript")
NO_CERT = ("psk", "dhe_psk", "ecdhe_psk")


def escript(*arguments):
    environment = dict(os.environ, HOME=path(""), ERL_CRASH_DUMP_SECONDS="0")
    return Program(["escript", SCRIPT, *arguments], env=environment, cwd=path(""))


def client(port, mode, *names, cert="none"):
    return escript("client", port, path(""), PSK, mode, cert, *names)


def server(mode, *names, cert="server"):
    program = escript("server", path(""), PSK, mode, cert, *names)
    program.port = int(program.until(r"^port (\d+)").group(1))
    return program


def shared():
    """Suites of both by the certificate that they need, none for "none"."""
    with escript("known") as otp:
        otp.wait()
        theirs = set(otp.text().split())
    rows = {"server": [], "rsa-server": [], "none": []}
    for name, _, exchange, *_ in suites("1.2"):
        if name in theirs:
            rows["server" if exchange == "ecdhe_ecdsa" else
                 "none" if exchange in NO_CERT else "rsa-server"].append(name)
    check(min(len(names) for names in rows.values()) > 4, f"too few are shared: {rows}")
    make_cert("rsa-server", "encipher", "rsa")
    return rows


def options_of(cert):
    return PSK_OPTIONS if cert == "none" else identity(cert)


def exchange(peer, text="Hello, server!"):
    peer.say(text + "\n")
    peer.next(f"^{text}$")


# ---- Our server ----

@case("client, each suite")
def server_suites():
    for cert, names in shared().items():
        with Peer("versions=1", "ciphers=" + ",".join(names), *options_of(cert)) as ours:
            with client(ours.port, "suites", *names) as otp:
                try:
                    otp.until("^done$", 120)
                except Failure as failure:
                    raise Failure(f"{failure}\n{ours.text()[-800:]}") from None
            for name in names:
                ours.connected(cipher_suite=name)


@case("client, resumed by session identifier")
def server_resumed():
    with Peer("versions=1", *identity("server")) as ours, client(ours.port, "resume") as otp:
        # OTP's client does not offer extended_master_secret before release 26, and who does not is
        # not resumed (RFC 7627 5.3).
        said = otp.until("^resumed=(true|false)$").group(1)
        first = ours.connected(resumed=False)
        check(first["extended_master_secret"] == (said == "true"), f"{said} after {first}")
        ours.connected(resumed=said == "true")


@case("client renegotiates, where it may")
def server_renegotiation():
    for allowed in True, False:
        more = ["client_renegotiation=on"] if allowed else []
        with Peer("versions=1", *more, *identity("server")) as ours:
            with client(ours.port, "renegotiate") as otp:
                otp.until("^renegotiated$" if allowed else "^refused: ")
                otp.until("^done$")
                ours.connected(secure_renegotiation=True)
                if allowed:
                    ours.connected(secure_renegotiation=True)


@case("client, mutual")
def server_mutual():
    with Peer("versions=1", "cacertfile=" + path("ca.pem"), "verify=peer",
              *identity("server")) as ours:
        with client(ours.port, "renegotiate", cert="client") as otp:
            otp.until("^done$")
            ours.connected(peer_verified=True)


# ---- Our client ----

@case("server, each suite")
def client_suites():
    for cert, names in shared().items():
        with server("plain", *names, cert=cert) as otp:
            for name in names:
                with Peer("versions=1", "ciphers=" + name,
                          *(PSK_OPTIONS if cert == "none" else []), port=otp.port) as ours:
                    ours.connected(cipher_suite=name)
                    exchange(ours, "x" * 3000)


@case("server renegotiates")
def client_renegotiation():
    with server("renegotiate") as otp:
        with Peer("versions=1", "client_renegotiation=on", port=otp.port) as ours:
            ours.connected(secure_renegotiation=True)
            ours.say("once\n")
            ours.connected(secure_renegotiation=True)
            ours.next("^once$")
            exchange(ours, "again")


@case("server, mutual")
def client_mutual():
    with server("mutual") as otp:
        with Peer("versions=1", *identity("client"), port=otp.port) as ours:
            ours.connected(peer_verified=True)
            exchange(ours)


if __name__ == "__main__":
    run("erlang", ["escript", "erl"])
