#!/usr/bin/env python3
"""test_limbo.py LIMBO_CHECK - runs limbo_check over cases made of tests/certs: some that end as
they should, two that are said to end otherwise, and files that cannot be read."""
import json
import lzma
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CERTS = HERE.parent / "certs"
NOW = "2030-01-01T00:00:00+00:00"


def pems(names):
    found = []
    for name in names.split():
        text = (CERTS / f"{name}.pem").read_text()
        found += re.findall(r"-----BEGIN CERT.*?-----END CERTIFICATE-----\n", text, re.S)
    return found


def case(name, expected, trusted, peer, untrusted="", *, host="localhost", time=NOW, kind="SERVER",
         features=(), depth=None, usage=(), emails=()):
    is_ip = host is not None and re.fullmatch(r"[0-9.]+|.*:.*", host)
    return {
        "id": f"own::{name}",
        "conflicts_with": [],
        "features": list(features),
        "importance": "undetermined",
        "description": name,
        "validation_kind": kind,
        "trusted_certs": pems(trusted),
        "untrusted_intermediates": pems(untrusted),
        "peer_certificate": pems(peer)[0],
        "peer_certificate_key": None,
        "validation_time": time,
        "signature_algorithms": [],
        "key_usage": list(usage),
        "extended_key_usage": [],
        "expected_result": expected,
        "expected_peer_name": host and {"kind": "IP" if is_ip else "DNS", "value": host},
        "expected_peer_names": [{"kind": "RFC822", "value": e} for e in emails],
        "max_chain_depth": depth,
        "crls": [],
    }


OK, NO = "SUCCESS", "FAILURE"
OWN = [
    case("plain", OK, "ca", "server"),
    case("intermediate", OK, "ca", "server-ica", "ica"),
    case("intermediate-missing", NO, "ca", "server-ica"),
    case("cross-signed", OK, "other-ca", "server-ica", "ica-expired ica ica-cross"),
    case("unknown-authority", NO, "other-ca", "server"),
    case("expired", NO, "ca", "expired"),
    case("expired-then", OK, "ca", "expired", time="2020-06-01T00:00:00.5+00:00"),
    case("address", OK, "ca", "server", host="127.0.0.1"),
    case("address-6", OK, "ca", "server", host="::1"),
    case("other-name", NO, "ca", "server", host="example.org"),
    case("wildcard", OK, "ca", "server", host="www.example.com"),
    case("constrained", OK, "ca", "names-good", "names-ca", host="www.example.com"),
    case("constrained-out", NO, "ca", "names-dns", "names-ca", host="example.org"),
    case("depth-0", NO, "ca", "server-ica", "ica", depth=0, features=["max-chain-depth"]),
    case("depth-1", OK, "ca", "server-ica", "ica", depth=1, features=["max-chain-depth"]),
    case("client", OK, "ca", "client", kind="CLIENT", host=None),
    case("client-as-server", NO, "ca", "client", host=None),
    case("usage", OK, "ca", "server", usage=["digitalSignature"]),
    case("usage-missing", NO, "ca", "server", usage=["digitalSignature", "keyAgreement"]),
    case("mailbox", OK, "ca", "mail", host=None, emails=["somebody@EXAMPLE.com"]),
    case("mailbox-other", NO, "ca", "mail", host=None, emails=["Somebody@example.com"]),
    case("skipped", NO, "ca", "server") | {"extended_key_usage": ["codeSigning"]},
    case("many", NO, "ca", "cross", "cross-cas"),
    case("malformed", NO, "ca", "server") | {"trusted_certs": [
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"]},
]
WRONG = [case("said-to-fail", NO, "ca", "server"), case("said-to-succeed", OK, "ca", "expired")]



def expect(code, last_line, *arguments):
    run = subprocess.run([sys.argv[1], *arguments], capture_output=True, text=True)
    got = (run.stdout or "-").splitlines()[-1]
    if run.returncode != code or not re.search(last_line, got):
        sys.exit(f"{arguments}: exit code {run.returncode}, expected {code}\n"
                 f"{run.stdout}{run.stderr}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        here = pathlib.Path(folder)

        def write(name, cases):
            (here / name).write_text(json.dumps({"version": 1, "testcases": cases}))
            return str(here / name)

        own = write("own.json", OWN)
        packed = own + ".xz"
        pathlib.Path(packed).write_bytes(lzma.compress(pathlib.Path(own).read_bytes()))
        wrong = write("wrong.json", WRONG)
        defended = here / "defended.txt"
        defended.write_text("# a remark\nFAILURE own::said-to-fail # why\nFAILURE own::*succeed\n")
        all_well = (f"^{len(OWN)} cases: {len(OWN) - 1} agreed, 0 disagreed .* 0 defended, "
                    "1 skipped$")
        expect(0, all_well, own)
        expect(0, all_well, "--verbose", packed)
        expect(1, r"2 disagreed \(1 accepted, 1 refused\), 0 defended", wrong)
        expect(1, r"1 disagreed \(0 accepted, 1 refused\), 1 defended", "--defended",
               str(defended), wrong)
        expect(1, f"^{len(OWN) + 2} cases", own, wrong)
        expect(2, "-", str(here / "missing.json"))
        expect(2, "-", write("empty.json", []))
        pathlib.Path(packed).write_bytes(pathlib.Path(packed).read_bytes()[:200])
        expect(2, "-", packed)
        expect(2, "-")
        expect(2, "-", "--what", own)
    print("limbo_check does what it says")


main()
