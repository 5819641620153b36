"""node.py - Node's tls module against cssl, in both roles."""

import json

from lib import (BULK, CSSL, Program, Serve, case, check, connect, echo_bulk, facts, path, run)

CLIENT = r"""
const tls = require('tls'), fs = require('fs');
const [port, folder, mode, version] = process.argv.slice(2);
const options = { port, host: 'localhost', servername: 'localhost', minVersion: version,
                  maxVersion: version, ca: fs.readFileSync(folder + '/ca.pem') };
if (mode === 'mutual') {
    options.cert = fs.readFileSync(folder + '/client.pem');
    options.key = fs.readFileSync(folder + '/client.key');
}
if (mode === 'retry') options.ecdhCurve = 'P-384:X25519';
function connect(session, done) {
    let kept;
    const s = tls.connect({ ...options, session });
    s.on('session', (data) => { kept = data; });
    s.on('error', (e) => { console.log('ERROR ' + e.message); process.exit(1); });
    s.on('secureConnect', () => {
        console.error(JSON.stringify({ protocol: s.getProtocol(), reused: s.isSessionReused(),
                                       authorized: s.authorized }));
        if (mode === 'bulk') { process.stdin.pipe(s); s.pipe(process.stdout); return; }
        s.write('hello');
    });
    if (mode !== 'bulk') s.on('data', (d) => { console.error('got ' + d); s.end(); });
    s.on('close', () => done(kept));
}
connect(undefined, (kept) => {
    if (mode === 'resume') connect(kept, () => process.exit(0)); else process.exit(0);
});
"""

SERVER = r"""
const tls = require('tls'), fs = require('fs');
const [folder, mode, version] = process.argv.slice(2);
const options = { minVersion: version, maxVersion: version,
                  cert: fs.readFileSync(folder + '/server.pem'),
                  key: fs.readFileSync(folder + '/server.key') };
if (mode === 'mutual') {
    options.ca = fs.readFileSync(folder + '/ca.pem');
    options.requestCert = options.rejectUnauthorized = true;
}
if (mode === 'retry') options.ecdhCurve = 'P-384';
const server = tls.createServer(options, (s) => { s.on('error', () => {}); s.pipe(s); });
server.on('tlsClientError', (e) => console.error('refused ' + e.message));
server.listen(0, '127.0.0.1', () => console.error('port ' + server.address().port));
"""


def client(port, mode, binary=False, version="TLSv1.3"):
    with open(path("client.js"), "w", encoding="utf-8") as file:
        file.write(CLIENT)
    return Program(["node", path("client.js"), port, path(""), mode, version],
                   binary=binary)


def server(mode="plain", version="TLSv1.3"):
    with open(path("server.js"), "w", encoding="utf-8") as file:
        file.write(SERVER)
    program = Program(["node", path("server.js"), path(""), mode, version])
    program.port = int(program.until(r"^port (\d+)").group(1))
    return program


# ---- Our server ----

@case("client, full and resumed")
def server_resumed():
    with Serve() as ours, client(ours.port, "resume") as node:
        check(node.wait() == 0, node.text())
        check("got hello" in node.text() and '"authorized":true' in node.text(), node.text())
        check(not ours.event("connected")["resumed"], "the first one cannot be resumed")
        check(ours.event("connected")["resumed"], node.text())


@case("client, mutual")
def server_mutual():
    with Serve("--cacert", path("ca.pem")) as ours:
        with client(ours.port, "mutual") as node:
            check(node.wait() == 0, node.text())
            check(ours.event("connected")["peer_verified"], "not verified")
        with client(ours.port, "plain") as node:
            check(node.wait() == 1 and "certificate required" in node.text(), node.text())


@case("client, HelloRetryRequest")
def server_retry():
    with Serve("--groups", "x25519") as ours, client(ours.port, "retry") as node:
        check(node.wait() == 0, node.text())
        check(ours.event("connected")["hello_retry"], "no HelloRetryRequest")


@case("client, bulk data both ways, with key updates of ours")
def server_bulk():
    for more in [], ["--key-update-at", str(BULK // 10)]:
        with Serve(*more) as ours, client(ours.port, "bulk", binary=True) as node:
            echo_bulk(node)


# ---- Our client ----

@case("server, full and resumed")
def client_resumed():
    with server() as node:
        out, _ = connect(node.port, "--sess-out", path("kept"), data=b"Hello, Node!")
        check(out == "Hello, Node!", out)
        known = facts(node.port, "--sess-in", path("kept"))
        check(known["resumed"] and known["peer_verified"], json.dumps(known))


@case("server, mutual")
def client_mutual():
    with server("mutual") as node:
        out, _ = connect(node.port, "--cert", path("client.pem"), "--key", path("client.key"),
                         data=b"x")
        check(out == "x", out)
        connect(node.port, data=b"x", code=1)
        connect(node.port, "--cert", path("stranger.pem"), "--key", path("stranger.key"),
                data=b"x", code=1)


@case("server, HelloRetryRequest")
def client_retry():
    with server("retry") as node:
        known = facts(node.port, "--groups", "x25519,secp384r1")
        check(known["hello_retry"] and known["group"] == "secp384r1", json.dumps(known))


@case("server, bulk data both ways, with key updates of ours")
def client_bulk():
    for more in [], ["--key-update-at", str(BULK // 10)]:
        with server() as node:
            with Program([CSSL, "connect", "--quiet", "--cacert", path("ca.pem"), *more,
                          f"localhost:{node.port}"], binary=True) as ours:
                echo_bulk(ours)


@case("TLS 1.2, both roles: resumed, and mutual")
def tls12():
    with Serve("--tls1.2") as ours, client(ours.port, "resume", version="TLSv1.2") as node:
        check(node.wait() == 0 and "got hello" in node.text(), node.text())
        check(ours.event("connected")["protocol"] == "tlsv1.2", "another version")
        check(ours.event("connected")["resumed"], node.text())
    with Serve("--tls1.2", "--cacert", path("ca.pem")) as ours:
        with client(ours.port, "mutual", version="TLSv1.2") as node:
            check(node.wait() == 0, node.text())
            check(ours.event("connected")["peer_verified"], "not verified")
    with server(version="TLSv1.2") as node:
        connect(node.port, "--tls1.2", "--sess-out", path("kept"), data=b"x")
        known = facts(node.port, "--tls1.2", "--sess-in", path("kept"))
        check(known["resumed"] and known["protocol"] == "tlsv1.2", json.dumps(known))
    with server("mutual", version="TLSv1.2") as node:
        out, _ = connect(node.port, "--cert", path("client.pem"), "--key", path("client.key"),
                         data=b"x")
        check(out == "x", out)


if __name__ == "__main__":
    run("node", ["node"])
