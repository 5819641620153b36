"""smtp.py - a real mail server, aiosmtpd, to which cssl connect speaks after STARTTLS."""

import hashlib
import os
import shutil
import subprocess
import sys

from lib import CSSL, HERE, Program, case, check, connect, path, run, skip

SYSTEM = "/usr/bin/python3"  # Debian's packages are for this one


def interpreter():
    """One that has aiosmtpd; None without."""
    for python in (sys.executable, SYSTEM):
        if shutil.which(python) and subprocess.run(
                [python, "-c", "import aiosmtpd.smtp"], capture_output=True,
                check=False).returncode == 0:
            return python
    return None


class Mail(Program):
    def __init__(self):
        super().__init__([interpreter(), os.path.join(HERE, "_smtp_peer.py"), path("server.pem"),
                          path("server.key")])
        self.port = int(self.until(r"^port (\d+)$").group(1))


def letter(body):
    lines = ["EHLO here.example", "MAIL FROM:<a@here.example>", "RCPT TO:<b@localhost>", "DATA"]
    return ("\r\n".join(lines) + "\r\n" + body + "\r\n.\r\nQUIT\r\n").encode()


@case("aiosmtpd, a letter after STARTTLS")
def starttls():
    body = "Subject: hello\r\n\r\n" + "\r\n".join(f"line {i}" for i in range(1000))
    with Mail() as server:
        # An end on our side would end the other's too: it is told to quit first.
        with Program([CSSL, "connect", "--quiet", "--cacert", path("ca.pem"), "--starttls", "smtp",
                      f"localhost:{server.port}"]) as client:
            client.say(letter(body))
            client.until("^250 kept$")
            client.until("^221 ")
            client.close_stdin()
            client.wait()
        kept = (body + "\r\n").encode()
        server.until(rf"^mail a@here.example b@localhost {len(kept)} "
                     rf"{hashlib.sha256(kept).hexdigest()} tls$")


@case("aiosmtpd, whose certificate nobody here trusts: no letter")
def impostor():
    with Mail() as server:
        out, _ = connect(server.port, "--starttls", "smtp", "--quiet", data=letter("secret"),
                         code=1, cacert=None)
        check("250" not in out, out)
        check("mail" not in server.text(), server.text())


@case("aiosmtpd, TLS without asking for it")
def no_starttls():
    with Mail() as server:
        _, err = connect(server.port, code=1)
        check(err != "", "no reason")


if __name__ == "__main__":
    if interpreter() is None:
        skip("smtp", "python3-aiosmtpd not installed (tools/install-deps.sh --tests)")
    run("smtp", [])
