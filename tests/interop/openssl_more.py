"""openssl_more.py - what s_client and s_server have beside the main road, in TLS 1.3 or in both
versions: signature schemes, external keys, late certificates, stapling, max_fragment_length."""

from lib import (PSK, PSK_OPTIONS, Peer, Program, case, check, identity, make_cert, must_run, path,
                 run, write)

SCHEMES = {"ecdsa_secp256r1_sha256": "p256", "ecdsa_secp384r1_sha384": "p384",
           "ecdsa_secp521r1_sha512": "p521", "ed25519": "ed25519", "ed448": "ed448",
           "rsa_pss_rsae_sha256": "rsa", "rsa_pss_rsae_sha384": "rsa",
           "rsa_pss_rsae_sha512": "rsa", "rsa_pss_pss_sha256": "rsapss",
           "rsa_pss_pss_sha384": "rsapss", "rsa_pss_pss_sha512": "rsapss"}
SHA256 = "ecdsa_secp256r1_sha256"  # by which the authority signs
THEIR_PSK = ["-psk", PSK, "-psk_identity", "interop"]
VERSIONS = {"versions=1": "-tls1_2", "versions=2": "-tls1_3"}
TRUST = "cacertfile="


def client(port, *more):
    return Program(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername",
                    "localhost", "-CAfile", path("ca.pem"), "-verify_return_error", *more])


class SServer(Program):
    def __init__(self, *more, cert="server"):
        own = (["-cert", path(cert + ".pem"), "-key", path(cert + ".key")] if cert else ["-nocert"])
        super().__init__(["openssl", "s_server", "-accept", "0", *own, *more])
        self.port = int(self.until(r"^ACCEPT .*:(\d+)$").group(1))


def staple(state):
    """An OCSP response of the authority's own: "V" for valid, "R" for revoked."""
    serial = must_run(["openssl", "x509", "-in", path("server.pem"), "-noout", "-serial"])
    number = serial.strip().split("=")[1]
    revoked = "200101000000Z" if state == "R" else ""
    index = write("index-" + state, f"{state}\t491231235959Z\t{revoked}\t{number}\tunknown\t"
                                    "/CN=localhost\n")
    ca = ["-CA", path("ca.pem"), "-issuer", path("ca.pem")]
    must_run(["openssl", "ocsp", *ca, "-no_nonce", "-cert", path("server.pem"), "-reqout",
              path("request")])
    must_run(["openssl", "ocsp", "-index", index, "-rsigner", path("ca.pem"), "-rkey",
              path("ca.key"), *ca, "-reqin", path("request"), "-respout", path("staple-" + state),
              "-ndays", "1"])
    return path("staple-" + state)


def compressions():
    """The ways to compress certificates that this openssl has: none before 3.2."""
    if "-cert_comp" not in must_run(["openssl", "s_server", "-help"]):
        print("this openssl does not compress certificates")
        return []
    disabled = must_run(["openssl", "list", "-disabled"]).split()
    return [name for name in ("zlib", "brotli", "zstd") if name.upper() not in disabled]


# ---- Our server ----

@case("s_client, each signature scheme of TLS 1.3, of servers and of clients")
def server_schemes():
    for scheme, kind in SCHEMES.items():
        cert, own = (make_cert(f"{role}-{kind}", role, kind) for role in ("server", "client"))
        with Peer("versions=2", *identity(cert), TRUST + path("ca.pem"), "verify=peer",
                  "signature_algs=" + scheme) as server:
            with client(server.port, "-tls1_3", "-cert", path(own + ".pem"), "-key",
                        path(own + ".key")) as peer:
                peer.command("hello\n", "hello$")
                server.connected(signature_scheme=scheme, client_signature_scheme=scheme,
                                 peer_verified=True)


@case("s_client, an external key in TLS 1.3")
def server_psk():
    with Peer("versions=2", *PSK_OPTIONS) as server:
        with client(server.port, "-tls1_3", *THEIR_PSK, "-ciphersuites",
                    "TLS_AES_128_GCM_SHA256") as peer:
            peer.command("hello\n", "hello$")
            server.connected(signature_scheme="")
        with client(server.port, "-tls1_3", "-psk", "00" * 32, "-psk_identity", "interop") as peer:
            peer.until("alert decrypt error")
            server.next("^error ")


@case("s_client is asked for its certificate later")
def server_later():
    with Peer("versions=2", TRUST + path("ca.pem"), "verify=peer", "post_handshake_auth=1",
              *identity("server")) as server:
        with client(server.port, "-tls1_3", "-enable_pha", "-cert", path("client.pem"), "-key",
                    path("client.key")) as peer:
            peer.command("before\n", "before$")
            server.connected(peer_verified=False)
            server.say("!certificate\n")
            server.next("^authenticated$")
            server.connected(peer_verified=True)
            peer.command("after\n", "after$")


@case("s_client reads what we staple")
def server_staple():
    for ours, theirs in VERSIONS.items():
        with Peer(ours, "staplefile=" + staple("V"), *identity("server")) as server:
            with client(server.port, theirs, "-status") as peer:
                peer.until("OCSP Response Status: successful")
                peer.until("Cert Status: good")
                peer.command("hello\n", "hello$")


@case("s_client's max_fragment_length")
def server_fragments():
    with Peer(*identity("server")) as server:
        for theirs in VERSIONS.values():
            for length in 512, 4096:
                with client(server.port, theirs, "-maxfraglen", str(length)) as peer:
                    peer.command("x" * 10000 + "\n", "x{10000}$")
                    server.connected(max_fragment_length=length)


@case("s_client reads a compressed certificate")
def server_compression():
    for name in compressions():
        with Peer("versions=2", "cert_compression=" + name, *identity("server")) as server:
            with client(server.port, "-tls1_3", "-msg") as peer:
                peer.until("CompressedCertificate")
                peer.command("hello\n", "hello$")


# ---- Our client ----

@case("s_server, each signature scheme of TLS 1.3, of servers and of clients")
def client_schemes():
    for scheme, kind in SCHEMES.items():
        cert, own = (make_cert(f"{role}-{kind}", role, kind) for role in ("server", "client"))
        with SServer("-tls1_3", "-rev", "-Verify", "1", "-verify_return_error", "-CAfile",
                     path("ca.pem"), "-client_sigalgs", ":".join({scheme: 0, SHA256: 0}),
                     cert=cert) as server:
            with Peer("versions=2", *identity(own), "signature_algs=" + scheme,
                      port=server.port) as peer:
                peer.connected(signature_scheme=scheme, client_signature_scheme=scheme)
                peer.say("abc\n")
                peer.next("^cba$")


@case("s_server, an external key in TLS 1.3")
def client_psk():
    with SServer("-tls1_3", "-rev", "-ciphersuites", "TLS_AES_128_GCM_SHA256", *THEIR_PSK,
                 cert=None) as server:
        with Peer("versions=2", *PSK_OPTIONS, port=server.port) as peer:
            peer.connected(signature_scheme="")
            peer.say("abc\n")
            peer.next("^cba$")


@case("s_server asks for a certificate later")
def client_later():
    with SServer("-tls1_3", "-CAfile", path("ca.pem")) as server:
        with Peer("versions=2", "post_handshake_auth=1", *identity("client"),
                  port=server.port) as peer:
            peer.connected()
            peer.say("before\n")
            server.until("^before$")
            server.command("c\n", "CN ?= ?client")
            peer.say("after\n")
            server.until("^after$")


@case("what s_server staples: good, revoked, nothing")
def client_staple():
    for ours, theirs in VERSIONS.items():
        with SServer(theirs, "-rev", "-status_file", staple("V")) as server:
            with Peer(ours, "stapling=on", port=server.port) as peer:
                peer.connected(staple_verified=True, peer_verified=True)
        with SServer(theirs, "-rev", "-status_file", staple("R")) as server:
            with Peer(ours, "stapling=on", port=server.port, code=1) as peer:
                peer.next("^error .*REVOKED")
        with SServer(theirs, "-rev") as server:
            with Peer(ours, "stapling=on", port=server.port, code=1) as peer:
                peer.next("^error .*(?i:staple|ocsp)")


@case("s_server and our max_fragment_length")
def client_fragments():
    for ours, theirs in VERSIONS.items():
        with SServer(theirs, "-rev") as server:
            for length in 512, 1024, 2048, 4096:
                with Peer(ours, f"max_fragment_length={length}", port=server.port) as peer:
                    peer.connected(max_fragment_length=length)
                    peer.say("a" * 5000 + "b\n")
                    peer.next("^ba{5000}$")


@case("s_server compresses its certificate")
def client_compression():
    for name in compressions():
        with SServer("-tls1_3", "-cert_comp", "-rev") as server:
            with Peer("versions=2", "cert_compression=" + name, port=server.port) as peer:
                peer.connected(cert_compression=name, peer_verified=True)
                peer.say("hello\n")
                peer.next("^olleh$")


if __name__ == "__main__":
    run("openssl", ["openssl"])
