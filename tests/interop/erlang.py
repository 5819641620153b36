"""erlang.py - OTP's ssl application against cssl, in both roles (erlang_peer.escript)."""

import json
import os

from lib import (BULK, CSSL, HERE, Failure, Program, Serve, bulk, case, check, check_traced, facts,
                 feed, path, run, same_bulk)

SCRIPT = os.path.join(HERE, "erlang_peer.escript")


def escript(*arguments):
    # the name server of distributed Erlang is not wanted, nor are crash dumps
    environment = dict(os.environ, HOME=path(""), ERL_CRASH_DUMP_SECONDS="0")
    return Program(["escript", SCRIPT, *arguments], env=environment, cwd=path(""))


def client(port, mode, *more):
    return escript("client", port, path(""), mode, *more)


def server(mode="plain"):
    program = escript("server", path(""), mode)
    program.port = int(program.until(r"^port (\d+)").group(1))
    return program


# ---- Our server ----

@case("client, full handshake")
def server_full():
    with Serve() as ours, client(ours.port, "plain") as otp:
        otp.until("^done$")
        event = ours.event("connected")
        check(event["protocol"] == "tlsv1.3" and event["server_name"] == "localhost", str(event))
        check("error" not in ours.event("closed"), ours.text())


@case("client, resumed where it can be")
def server_resumed():
    with Serve("--trace=json", "--trace-file", path("trace")) as ours:
        with client(ours.port, "resume") as otp:
            said = otp.until("^resumed=(true|false)$").group(1)
            check(not ours.event("connected")["resumed"], "the first one cannot be resumed")
            check(ours.event("connected")["resumed"] == (said == "true"), "two opinions")
    # OTP names psk_key_exchange_modes only once it has a ticket, and a client that names none is
    # to get no ticket (RFC 8446 4.2.9): then there is nothing to resume.
    with open(path("trace"), encoding="utf-8") as file:
        hello = json.load(file)["messages"][0]["details"]
    check((said == "true") == ("psk_modes" in hello), f"resumed={said} after {hello}")


@case("client, mutual")
def server_mutual():
    with Serve("--cacert", path("ca.pem")) as ours:
        with client(ours.port, "mutual") as otp:
            otp.until("^done$")
            check(ours.event("connected")["peer_verified"], "not verified")
        with client(ours.port, "plain") as otp:
            otp.until("error: ")
            error = ours.event("refused")["error"]
            check(error["alert"] == "certificate_required", str(error))


@case("client, HelloRetryRequest")
def server_retry():
    with Serve("--groups", "x25519") as ours, client(ours.port, "retry") as otp:
        otp.until("^done$")
        check(ours.event("connected")["hello_retry"], "no HelloRetryRequest")


@case("client, key update")
def server_key_update():
    with Serve("--once", "--trace=json", "--trace-file", path("trace")) as ours:
        with client(ours.port, "update") as otp:
            otp.until("^done$")
        check(ours.wait() == 0, ours.text())
    check_traced("trace", "client KeyUpdate", "server KeyUpdate")


@case("client, bulk data both ways, with key updates of ours")
def server_bulk():
    for more in [], ["--key-update-at", str(BULK // 10)]:
        with Serve(*more) as ours, client(ours.port, "bulk", BULK) as otp:
            otp.until("^done$", 300)


# ---- Our client ----

def ask(port, *arguments):
    """Says x and waits for the server to answer and to close. Our end does not come first: OTP
    takes close_notify as a reason to drop the connection without one of its own."""
    with Program([CSSL, "connect", "--cacert", path("ca.pem"), *arguments,
                  f"localhost:{port}"]) as ours:
        try:
            ours.say("x\n")
        except Failure:
            pass  # refused before it could be said: the exit code tells
        code = ours.wait()
        check(code == 1 or "x" in ours.said, ours.text())
        return code, ours.text()


def facts_of(port, *arguments):
    return facts(port, *arguments, code=None)  # for the same reason


@case("server, full and resumed")
def client_resumed():
    with server() as otp:
        code, text = ask(otp.port, "--sess-out", path("kept"))
        check(code == 0, text)
        known = facts_of(otp.port, "--sess-in", path("kept"))
        check(known["resumed"] and known["peer_verified"], str(known))


@case("server, mutual")
def client_mutual():
    with server("mutual") as otp:
        code, text = ask(otp.port, "--cert", path("client.pem"), "--key", path("client.key"))
        check(code == 0, text)
        code, text = ask(otp.port)
        check(code == 1 and "Certificate required" in text, text)
        code, text = ask(otp.port, "--cert", path("stranger.pem"), "--key", path("stranger.key"))
        check(code == 1 and "Unknown CA" in text, text)


@case("server, HelloRetryRequest")
def client_retry():
    with server("retry") as otp:
        known = facts_of(otp.port, "--groups", "x25519,secp384r1")
        check(known["hello_retry"] and known["group"] == "secp384r1", str(known))


@case("server, key update")
def client_key_update():
    with server("update") as otp:
        code, text = ask(otp.port, "--trace=json", "--trace-file", path("trace"))
        check(code == 0, text)
    check_traced("trace", "client KeyUpdate", "server KeyUpdate")


@case("server, bulk data both ways, with key updates of ours")
def client_bulk():
    for more in [], ["--key-update-at", str(BULK // 10)]:
        with server("bulk") as otp:
            with Program([CSSL, "connect", "--quiet", "--cacert", path("ca.pem"), *more,
                          f"localhost:{otp.port}"], binary=True) as ours:
                bulk("echoed")
                feed(ours.process.stdin, "echoed")
                same_bulk((ours.process.stdout, "echoed"))


if __name__ == "__main__":
    run("erlang", ["escript", "erl"])
