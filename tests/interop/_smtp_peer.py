"""_smtp_peer.py - a mail server of aiosmtpd's on a free port, which insists on STARTTLS.

It says "port N" when it listens, and then for each mail "mail FROM TO LENGTH SHA256".
"""

import asyncio
import hashlib
import ssl
import sys

from aiosmtpd.smtp import SMTP


class Sink:
    async def handle_DATA(self, server, session, envelope):  # pylint: disable=invalid-name
        content = envelope.content
        print("mail", envelope.mail_from, ",".join(envelope.rcpt_tos), len(content),
              hashlib.sha256(content).hexdigest(), "tls" if session.ssl else "clear", flush=True)
        return "250 kept"


async def main(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Sink(), hostname="localhost", tls_context=context, require_starttls=True),
        "127.0.0.1", 0)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
