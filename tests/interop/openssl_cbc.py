"""openssl_cbc.py - CBC suites of TLS 1.2 with OpenSSL's s_client and s_server, and both ways of
putting the MAC; and max_fragment_length, which s_client can ask for."""

from lib import Program, Serve, case, check, connect, facts, make_cert, path, run

SUITES = {"ECDSA-AES128-SHA": "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
          "ECDSA-AES256-SHA": "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
          "ECDSA-AES128-SHA256": "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
          "ECDSA-AES256-SHA384": "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
          "RSA-AES128-SHA": "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
          "RSA-AES256-SHA": "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
          "RSA-AES128-SHA256": "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
          "RSA-AES256-SHA384": "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"}
LEVEL = ":@SECLEVEL=0"


def certificate(theirs):
    return make_cert("server-rsa", "server", "rsa") if theirs.startswith("RSA") else "server"


def client(port, *more):
    return Program(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername",
                    "localhost", "-CAfile", path("ca.pem"), "-verify_return_error", "-tls1_2",
                    *more])


@case("s_client, each CBC suite, MAC before and after")
def server_suites():
    for theirs, ours in SUITES.items():
        with Serve("--tls1.2", "--ciphers", ours, cert=certificate(theirs)) as server:
            for etm in [], ["-no_etm"]:
                with client(server.port, "-cipher", "ECDHE-" + theirs + LEVEL, *etm) as peer:
                    peer.command("x" * 3000 + "\n", "x{3000}$")
                    event = server.event("connected")
                    check(event["cipher_suite"] == ours, str(event))


@case("s_server, each CBC suite, MAC before and after")
def client_suites():
    for theirs, ours in SUITES.items():
        for etm in [], ["-no_etm"]:
            name = certificate(theirs)
            with Program(["openssl", "s_server", "-accept", "0", "-cert", path(name + ".pem"),
                          "-key", path(name + ".key"), "-tls1_2", "-rev", "-cipher",
                          "ECDHE-" + theirs + LEVEL, *etm]) as server:
                port = int(server.until(r"^ACCEPT .*:(\d+)$").group(1))
                known = facts(port, "--tls1.2", "--ciphers", ours)
                check(known["cipher_suite"] == ours, str(known))
                out, _ = connect(port, "--tls1.2", "--ciphers", ours,
                                 data=b"a" * 3000 + b"b\n")
                check(out == "b" + "a" * 3000 + "\n", out[:100])


@case("s_client asks for short records")
def server_short():
    for version in "-tls1_2", "-tls1_3":
        for length in 512, 4096:
            with Serve("--tls1.2", "--tls1.3") as server:
                with Program(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}",
                              "-servername", "localhost", "-CAfile", path("ca.pem"),
                              "-verify_return_error", "-maxfraglen", str(length), version]) as peer:
                    peer.command("x" * 10000 + "\n", "x{10000}$")
                    server.event("connected")


if __name__ == "__main__":
    run("openssl", ["openssl"])
