"""pkcs11.py - a server whose key is in a token of SoftHSM's, which signs there by pkcs11-tool.

Also run by the server itself as a program, for a signature: SCHEME in, what is signed on stdin.
"""

import glob
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

from lib import Peer, case, check, connect, facts, make_cert, must_run, path, run, skip, write

PIN = "1234"
MODULES = [file for place in ("/usr/lib/softhsm", "/usr/lib/*/softhsm")
           for file in glob.glob(place + "/libsofthsm2.so")]
KEYS = {"p256": ("01", "ecdsa_secp256r1_sha256"), "rsa": ("02", "rsa_pss_rsae_sha256")}
ECDSA_SHA256, PSS_SHA256, PKCS1_SHA256 = 0x0403, 0x0804, 0x0401


def sign(scheme):
    """The token does ECDSA of a digest alone, and RSA of the whole."""
    content = sys.stdin.buffer.read()
    ways = {ECDSA_SHA256: ("01", ["ECDSA", "--signature-format", "openssl"]),
            PSS_SHA256: ("02", ["SHA256-RSA-PKCS-PSS", "--salt-len", "32"]),
            PKCS1_SHA256: ("02", ["SHA256-RSA-PKCS"])}
    if scheme not in ways:
        sys.exit(1)
    key, mechanism = ways[scheme]
    with tempfile.TemporaryDirectory() as folder:
        given, made = os.path.join(folder, "in"), os.path.join(folder, "out")
        with open(given, "wb") as file:
            file.write(hashlib.sha256(content).digest() if scheme == ECDSA_SHA256 else content)
        subprocess.run(["pkcs11-tool", "--module", MODULES[0], "--login", "--pin",
                        os.environ.get("CSSL_TOKEN_PIN", PIN), "--sign", "--id", key,
                        "--mechanism", *mechanism, "--input-file", given, "--output-file", made],
                       check=True, stdout=subprocess.DEVNULL)
        with open(made, "rb") as file:
            sys.stdout.buffer.write(file.read())


def make_token():
    os.makedirs(path("tokens"))
    os.environ["SOFTHSM2_CONF"] = write(
        "softhsm2.conf", f"directories.tokendir = {path('tokens')}\nobjectstore.backend = file\n")
    must_run(["softhsm2-util", "--init-token", "--free", "--label", "cssl", "--pin", PIN,
              "--so-pin", PIN])
    for kind, (number, _) in KEYS.items():
        make_cert(kind, kind=kind)
        must_run(["softhsm2-util", "--import", path(kind + ".key"), "--token", "cssl", "--label",
                  kind, "--id", number, "--pin", PIN])
        os.remove(path(kind + ".key"))  # nobody has it any more but the token
    program = write("sign", f'#!/bin/sh\nexec "{sys.executable}" "{os.path.abspath(__file__)}" '
                            '--sign "$1"\n')
    os.chmod(program, 0o755)
    return program


@case("SoftHSM, keys that sign in the token")
def signs():
    program = make_token()
    for kind, (_, scheme) in KEYS.items():
        for version in "tlsv1.3", "tlsv1.2":
            options = ["sign=" + program, "certfile=" + path(kind + ".pem"),
                       "versions=" + ("2" if version == "tlsv1.3" else "1")]
            with Peer(*options, code=None) as server:
                got = facts(server.port)
                check(got["protocol"] == version, str(got))
                check(got["signature_scheme"] == scheme, str(got))
    # A token that does not sign: the client hears of it, and nothing hangs.
    os.environ["CSSL_TOKEN_PIN"] = "4321"
    with Peer("sign=" + program, "certfile=" + path("p256.pem"), code=None) as server:
        _, err = connect(server.port, code=1)
        check("Internal Error" in err, err)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--sign"]:
        sign(int(sys.argv[2]))
        sys.exit(0)
    if not MODULES or shutil.which("pkcs11-tool") is None:
        skip("pkcs11", "softhsm2 and opensc not installed (tools/install-deps.sh --tests)")
    run("pkcs11", ["softhsm2-util", "pkcs11-tool"])
