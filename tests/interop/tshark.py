"""tshark.py - Wireshark's dissector reads what cssl writes: with our key log it decrypts
connections of both versions, and finds nothing in them that is malformed.

Nothing is captured: that would need rights. The two ends talk through a tap that keeps the bytes,
and the file for tshark is made of them, with headers of IP and TCP that never were on a wire."""

import socket
import struct
import threading

from lib import (PSK_OPTIONS, Failure, Peer, case, check, identity, make_cert, must_run, path, run)

PORT = 8443  # of every server in the file; clients count up from 40000
ERROR = 0x800000  # Wireshark's PI_ERROR
KEYS = "keys"


class Tap:
    """Carries connections to a port, and keeps the bytes of both directions in their order: what is
    read is noted before it goes on."""

    def __init__(self, target):
        self.target = target
        self.connections = []  # each a list of (from the client, bytes)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.target))
            pieces = []
            self.connections.append(pieces)
            for ends in (client, server, True), (server, client, False):
                threading.Thread(target=self._carry, args=(*ends, pieces), daemon=True).start()

    @staticmethod
    def _carry(source, sink, up, pieces):
        try:
            while True:
                data = source.recv(16384)
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                pieces.append((up, data))
                sink.sendall(data)
        except OSError:
            pass  # an end is gone: so is the connection


def packet(port, up, numbers, flags, data=b""):
    """An IP packet, which advances the sequence number of its direction; checksums are left out,
    and tshark does not look at them unless asked to."""
    ports = (port, PORT) if up else (PORT, port)
    tcp = struct.pack("!HHIIBBHHH", *ports, numbers[up], numbers[not up], 5 << 4, flags, 65535, 0,
                      0)
    addresses = (bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]))
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0,
                     *(addresses if up else addresses[::-1]))
    numbers[up] += len(data) + (1 if flags & 3 else 0)
    return ip + tcp + data


def write_pcap(name, connections):
    with open(path(name), "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))  # raw IP
        time = 0
        for i, pieces in enumerate(connections):
            numbers = {True: 1000, False: 2000}
            packets = [packet(40000 + i, True, numbers, 0x02),
                       packet(40000 + i, False, numbers, 0x12)]
            packets += [packet(40000 + i, up, numbers, 0x18, data) for up, data in pieces]
            packets += [packet(40000 + i, up, numbers, 0x11) for up in (True, False)]
            for data in packets:
                time += 1
                file.write(struct.pack("<IIII", time, 0, len(data), len(data)) + data)
    return path(name)


def dissect(name, connections):
    """What tshark says of each connection: (all data in clear, handshake types seen)."""
    fields = ["tcp.stream", "data.data", "tls.handshake.type", "_ws.malformed",
              "_ws.expert.severity", "_ws.expert.message"]
    lines = must_run(["tshark", "-r", write_pcap(name, connections), "-d", f"tcp.port=={PORT},tls",
                      "-o", "tls.keylog_file:" + path(KEYS), "-o", "tcp.desegment_tcp_streams:TRUE",
                      "-T", "fields", "-E", "separator=|",
                      *[word for field in fields for word in ("-e", field)]])
    seen = [["", []] for _ in connections]
    for line in lines.splitlines():
        columns = line.split("|")
        if len(columns) < len(fields) or not columns[0]:
            continue  # what tshark says of itself
        stream, data, types, malformed, severities, words = columns[:6]
        check(not malformed, f"{name}: malformed: {line}")
        worst = max([int(s, 0) for s in severities.split(",") if s], default=0)
        check(worst < ERROR, f"{name}: {words}: {line}")
        seen[int(stream)][0] += "".join(bytes.fromhex(d.replace(":", "")).decode("latin-1")
                                        for d in data.split(",") if d)
        seen[int(stream)][1] += types.split(",")
    return seen


class Talk:
    """Connections of a file: each says words of its own, which must come out of it again."""

    def __init__(self, name):
        self.name, self.connections, self.words = name, [], []

    def run(self, ours, theirs, act=None, times=1, code=0):
        """A server with these options and a client with those, times connections of one config."""
        with Peer(*ours) as server:
            tap = Tap(server.port)
            with Peer("keylog=" + path(KEYS), *theirs, port=tap.port, code=code) as client:
                for i in range(times):
                    if i > 0:
                        client.say("!again\n")
                    event = client.connected()
                    check(event["resumed"] == (i > 0), f"{i}: {event}")
                    self._say(client, f"first words of {len(self.words)}")
                    if act is not None:
                        act(server, client)
                        self._say(client, "words behind it")
                    self.words.append(f"first words of {len(self.words)}")
        self.connections += tap.connections

    @staticmethod
    def _say(client, words):
        client.say(words + "\n")
        client.next(f"^{words}$")

    def check(self, **wanted):
        """tshark finds the words in clear, both ways; and messages, by their number, somewhere."""
        seen = dissect(self.name, self.connections)
        check(len(seen) == len(self.words), f"{len(seen)} connections for {len(self.words)}")
        for words, (text, types) in zip(self.words, seen):
            if text.count(words) != 2:
                raise Failure(f"{self.name}: '{words}' is not there twice: {text!r} {types}")
        types = {t for _, each in seen for t in each}
        for message, number in wanted.items():
            check(str(number) in types, f"{self.name}: no {message} among {sorted(types)}")
        return seen


def mutual():
    return ["cacertfile=" + path("ca.pem"), "verify=peer"]


@case("these tests notice a damaged hello, and data that is not decrypted")
def notices():
    talk = Talk("damaged.pcap")
    talk.run(["versions=2", *identity("server")], ["versions=2"])
    (up, hello), *rest = talk.connections[0]
    check(up and hello[5] == 1, "it does not begin with a ClientHello")
    session = hello[43]  # of the identifier: the suites stand behind it
    damaged = hello[:44 + session] + b"\xff\xff" + hello[46 + session:]
    for connection in [(up, damaged), *rest], rest[-2:]:
        talk.connections = [connection]
        try:
            talk.check()
        except Failure:
            continue
        raise Failure("nothing was noticed")


@case("TLS 1.2: each key exchange and kind of cipher")
def tls12_suites():
    talk = Talk("suites12.pcap")
    make_cert("rsa-server", "encipher", "rsa")
    for suite in ("ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
                  "ECDHE_ECDSA_WITH_AES_128_CCM_8", "ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
                  "ECDHE_RSA_WITH_AES_128_CBC_SHA", "DHE_RSA_WITH_AES_256_GCM_SHA384",
                  "RSA_WITH_AES_128_GCM_SHA256", "RSA_WITH_AES_256_CBC_SHA256",
                  "PSK_WITH_AES_128_GCM_SHA256", "DHE_PSK_WITH_AES_128_CCM",
                  "ECDHE_PSK_WITH_AES_256_CBC_SHA384"):
        both = ["versions=1", "ciphers=TLS_" + suite]
        psk = PSK_OPTIONS if "PSK" in suite else []
        own = psk or identity("server" if "ECDSA" in suite else "rsa-server")
        talk.run([*both, *own], [*both, *psk])
    talk.check(ClientKeyExchange=16, Finished=20)


@case("TLS 1.2: resumption, client certificates, renegotiation, short records")
def tls12_more():
    talk = Talk("more12.pcap")
    own = ["versions=1", *identity("server")]
    talk.run(own, ["versions=1"], times=2)
    talk.run([*own, "session_tickets=stateful"], ["versions=1"], times=2)
    talk.run([*own, *mutual()], ["versions=1", *identity("client")])
    talk.run(own, ["versions=1", "max_fragment_length=512"])
    talk.run(own, ["versions=1", "record_size_limit=300"])

    def renegotiate(server, client):
        client.say("!renegotiate\n")
        client.connected()
        server.connected()

    talk.run([*own, "client_renegotiation=on"], ["versions=1"], act=renegotiate)
    talk.check(CertificateRequest=13, CertificateVerify=15, NewSessionTicket=4)


@case("TLS 1.3: suites, HelloRetryRequest, resumption, early data, padding")
def tls13():
    talk = Talk("tls13.pcap")
    own = ["versions=2", *identity("server")]
    for suite in ("AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256",
                  "AES_128_CCM_SHA256"):
        both = "ciphers=TLS_" + suite
        talk.run([*own, both], ["versions=2", both])
    talk.run([*own, "supported_groups=secp384r1"], ["versions=2", "grease=1"])
    talk.run([*own, "max_early_data=1000"], ["versions=2", "early_data=Early bird"], times=2)
    talk.run([*own, "record_padding=256"], ["versions=2", "record_size_limit=300"])
    talk.run(["versions=2", *PSK_OPTIONS], ["versions=2", *PSK_OPTIONS])
    talk.run(identity("server"), ["grease=1", "alpn_protocols=h2,http/1.1"])
    seen = talk.check(EncryptedExtensions=8, NewSessionTicket=4)
    check(any("Early bird" in text for text, _ in seen), f"no early data: {seen}")


@case("TLS 1.3: client certificates, at once and later, compressed ones, key updates")
def tls13_more():
    talk = Talk("more13.pcap")
    own = ["versions=2", *identity("server"), *mutual()]
    theirs = ["versions=2", *identity("client")]
    talk.run(own, theirs)
    for form in "zlib", "brotli", "zstd":
        both = "cert_compression=" + form
        talk.run([*own, both], [*theirs, both])

    def later(server, _):
        server.say("!certificate\n")
        server.next("^authenticated$")

    talk.run([*own, "post_handshake_auth=1"], [*theirs, "post_handshake_auth=1"], act=later)

    def update(server, client):
        client.say("!update\n")
        server.say("!update\n")

    talk.run(own, theirs, act=update)
    talk.check(CertificateRequest=13, CompressedCertificate=25, KeyUpdate=24)


if __name__ == "__main__":
    run("tshark", ["tshark", "openssl"])
