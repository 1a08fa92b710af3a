// Cloudflare quiche (BoringSSL) as a peer that takes orders: see README.md. Run it in the directory with the module
// @matrixai/quic-linux-x64 ($PEERS).
//
//   node quiche.mjs server    --port 4433 --cert cert.pem --key key.pem
//   node quiche.mjs client    --port 4433 [--ca ca.pem]
//   node quiche.mjs hq-server --port 4433 --cert cert.pem --key key.pem --www DIR [--retry]
//   node quiche.mjs get       --port 4433 [--ca ca.pem] [--out DIR] [--resume | --zrtt | --each] /path...
//
// get: --resume and --zrtt fetch the first path on one connection and the rest on a second that resumes it; --each takes a
// connection for each path. --local: the client's own address, where it is not the server's.
import { createSocket } from 'node:dgram';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, normalize } from 'node:path';
import { parseArgs } from 'node:util';
const q = createRequire(join(process.cwd(), 'x.js'))('@matrixai/quic-linux-x64');

const { positionals: [command, ...paths], values: o } = parseArgs({
  allowPositionals: true,
  options: {
    host: { type: 'string', default: '127.0.0.1' }, port: { type: 'string', default: '4433' }, cert: { type: 'string' },
    key: { type: 'string' }, ca: { type: 'string' }, alpn: { type: 'string', default: 'quiver-orders' },
    name: { type: 'string', default: 'localhost' }, www: { type: 'string', default: '.' }, local: { type: 'string' },
    out: { type: 'string' }, retry: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false }, zrtt: { type: 'boolean', default: false }, each: { type: 'boolean', default: false },
  },
});
const CID = 16, CHUNK = 65536;
const isServer = command === 'server' || command === 'hq-server', isFiles = command === 'hq-server' || command === 'get';
const say = (text) => console.log(text);
const codeOf = (e) => /\((\d+)\)/.exec(e.message)?.[1] ?? `? ${e.message}`;

function config() {
  const pem = (f) => (f ? [readFileSync(f)] : undefined);
  const c = q.Config.withBoringSslCtx(!!o.ca, false, o.ca ? readFileSync(o.ca) : undefined, pem(o.key), pem(o.cert), undefined);
  if (isFiles) c.enableEarlyData();
  c.setMaxIdleTimeout(30000);
  c.setMaxRecvUdpPayloadSize(65527);
  c.setMaxSendUdpPayloadSize(1350);
  c.setInitialMaxData(10 << 20);
  c.setInitialMaxStreamDataBidiLocal(1 << 20);
  c.setInitialMaxStreamDataBidiRemote(1 << 20);
  c.setInitialMaxStreamDataUni(1 << 20);
  c.setInitialMaxStreamsBidi(100);
  c.setInitialMaxStreamsUni(100);
  c.setActiveConnectionIdLimit(8); // an id for each path that it is to follow
  c.setApplicationProtos([isFiles ? 'hq-interop' : o.alpn]);
  return c;
}

// One connection. `out` holds for each stream what gives its next bytes; `taker` what takes the bytes that come.
class Peer {
  out = new Map();
  taker = new Map();
  opened = 0;
  constructor(conn, socket, remote, local, started) {
    Object.assign(this, { conn, socket, remote, local, started });
  }

  recv(data, r) {
    try {
      this.conn.recv(data, { from: { host: r.address, port: r.port }, to: this.local });
    } catch (e) {
      if (!/Done/.test(e.message)) this.problem = e.message;
    }
    this.turn();
  }

  // A source is () => Buffer | null at its end; undefined: nothing yet. onStopped gets the code of STOP_SENDING.
  write(id, source, onStopped = () => {}) {
    this.out.set(id, { source, onStopped, left: undefined, fin: false });
  }

  flush() {
    for (const [id, s] of this.out) {
      for (;;) {
        if (!s.fin && !s.left?.length) {
          const next = s.source();
          if (next === undefined) break;
          s.left = next ?? Buffer.alloc(0);
          s.fin = next === null;
        }
        let n;
        try {
          n = this.conn.streamSend(id, s.left, s.fin);
        } catch (e) {
          if (/StreamLimit/.test(e.message)) return; // nor do those after it get one
          this.out.delete(id);
          if (/StreamStopped/.test(e.message)) s.onStopped(codeOf(e));
          break;
        }
        if (n === null) break;
        const all = n === s.left.length;
        s.left = s.left.subarray(n);
        if (s.fin && all) {
          this.out.delete(id);
          break;
        }
        if (!all) break;
      }
    }
  }

  read() {
    for (const id of this.conn.readable()) {
      for (;;) {
        let r;
        const buffer = Buffer.allocUnsafe(CHUNK);
        try {
          r = this.conn.streamRecv(id, buffer);
        } catch (e) {
          if (/StreamReset/.test(e.message)) this.taker.get(id)?.onReset?.(codeOf(e));
          break;
        }
        if (r === null) break;
        if (!this.taker.has(id)) this.taker.set(id, isFiles ? fileRequest(this, id) : order(this, id));
        this.taker.get(id).onData(buffer.subarray(0, r[0]), r[1]);
        if (r[1]) break;
      }
    }
  }

  turn() {
    const c = this.conn;
    this.advance();
    this.send();
    if (o.zrtt && !this.connected && c.isInEarlyData()) { // the first send made the early keys
      this.advance();
      this.send();
    }
    clearTimeout(this.timer);
    if (c.isClosed()) {
      const e = c.peerError();
      say(e ? (e.isApp ? `closed ${Number(e.errorCode)}` : `failed transport error ${Number(e.errorCode)}`) : `failed ${JSON.stringify(c.localError(), big) ?? this.problem ?? 'timed out'}`);
      this.onClosed?.();
      this.onClosed = undefined; // a packet may still come
      return;
    }
    const t = c.timeout();
    if (t !== null) this.timer = setTimeout(() => { c.onTimeout(); this.turn(); }, Math.max(1, t));
  }

  advance() {
    if (!this.conn.isEstablished() && !(o.zrtt && this.conn.isInEarlyData())) return;
    if (!this.connected) {
      this.connected = true;
      say('connected');
      this.started?.(this);
    }
    this.read();
    this.flush();
  }

  send() {
    const out = Buffer.allocUnsafe(CHUNK);
    for (;;) {
      let r;
      try { r = this.conn.send(out); } catch (e) { this.problem = e.message; return; }
      if (r === null) return;
      this.socket.send(Buffer.from(out.subarray(0, r[0])), r[1].to.port, r[1].to.host);
    }
  }
}
const big = (_, v) => (typeof v === 'bigint' ? Number(v) : v);

// Collects a line, then acts.
function order(p, id) {
  let head = Buffer.alloc(0), act;
  return {
    onData(data, fin) {
      if (!act) {
        head = Buffer.concat([head, data]);
        const end = head.indexOf(10);
        if (end < 0) return;
        data = head.subarray(end + 1);
        act = actions(p, id, ...head.subarray(0, end).toString().split(' '));
      }
      act.onData?.(data, fin);
    },
    onReset(code) { act?.onReset?.(code); },
  };
}

function actions(p, id, verb, a, b) {
  const answer = (text) => { const parts = [Buffer.from(text), null]; return () => parts.shift(); };
  if (verb === 'echo') {
    const parts = [];
    p.write(id, () => parts.shift());
    return { onData(d, fin) { if (d.length) parts.push(d); if (fin) parts.push(null); } };
  }
  if (verb === 'read') {
    let n = 0;
    p.write(id, answer('go\n'));
    return {
      onData(d, fin) { n += d.length; if (fin) say(`fin ${n}`); },
      onReset(code) { say(`reset ${code}`); },
    };
  }
  if (verb === 'flood') {
    p.write(id, () => Buffer.alloc(CHUNK), (code) => say(`stopped ${code}`));
  } else if (verb === 'reset') {
    const once = [Buffer.from('some')];
    p.write(id, () => once.shift());
    // quiche forgets what it has not sent yet.
    setTimeout(() => { p.conn.streamShutdown(id, q.Shutdown.Write, Number(a)); p.turn(); }, 20);
  } else if (verb === 'stop') {
    p.conn.streamShutdown(id, q.Shutdown.Read, Number(a));
  } else if (verb === 'close') {
    p.conn.close(true, Number(a), Buffer.from('as ordered'));
    say('closing');
  } else if (verb === 'open') {
    let left = Number(a), verdict = 'same';
    for (let i = 0; i < Number(a); i++) {
      const payload = randomBytes(Number(b)), hash = createHash('sha256'), mine = 4 * p.opened++ + (isServer ? 1 : 0);
      const parts = [payload, null];
      p.taker.set(mine, {
        onData(d, fin) {
          hash.update(d);
          if (!fin) return;
          if (!hash.digest().equals(createHash('sha256').update(payload).digest())) verdict = 'wrong';
          if (--left === 0) p.write(id, answer(verdict));
        },
      });
      p.write(mine, () => parts.shift());
    }
  }
  return {};
}

function fileRequest(p, id) {
  let request = '';
  return {
    onData(d, fin) {
      request += d;
      if (!fin) return;
      const fd = openSync(join(o.www, normalize('/' + request.trim().split(/\s+/)[1])));
      p.write(id, () => {
        const b = Buffer.allocUnsafe(CHUNK), n = readSync(fd, b);
        if (n === 0) closeSync(fd);
        return n === 0 ? null : b.subarray(0, n);
      });
    },
  };
}

const bind = (port, host) => new Promise((ok, no) => {
  const s = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4 << 20 });
  s.once('error', no);
  s.bind(port, host, () => ok(s));
});
const secret = randomBytes(16); // of this server's tokens
const addressOf = (s) => ({ host: s.address().address, port: s.address().port });

async function serve() {
  const conf = config(), sock = await bind(Number(o.port), o.host), local = addressOf(sock), peers = new Map();
  sock.on('message', (data, r) => {
    let h;
    try { h = q.Header.fromSlice(data, CID); } catch { return; }
    let p = peers.get(Buffer.from(h.dcid).toString('hex'));
    if (!p) {
      if (h.ty === q.Type.Short) return;
      if (!q.versionIsSupported(h.version)) {
        const out = Buffer.alloc(1350), n = q.negotiateVersion(h.scid, h.dcid, out);
        return void (data.length >= 1200 && sock.send(out.subarray(0, n), r.port, r.address));
      }
      if (h.ty !== q.Type.Initial) return;
      const remote = { host: r.address, port: r.port };
      let scid = randomBytes(CID), original = null;
      if (o.retry) {
        const token = Buffer.from(h.token ?? []), mark = Buffer.concat([secret, Buffer.from(`${r.address}|`)]);
        if (!token.subarray(0, mark.length).equals(mark)) {
          const out = Buffer.alloc(1350), n = q.retry(h.scid, h.dcid, scid, Buffer.concat([mark, Buffer.from(h.dcid)]), h.version, out);
          return void sock.send(out.subarray(0, n), r.port, r.address);
        }
        original = token.subarray(mark.length);
        scid = Buffer.from(h.dcid);
      }
      const conn = q.Connection.accept(scid, original, local, remote, conf);
      const made = new Peer(conn, sock, remote, local);
      made.onClosed = () => { for (const [k, v] of peers) if (v === made) peers.delete(k); };
      p = made;
      peers.set(Buffer.from(h.dcid).toString('hex'), p);
      peers.set(scid.toString('hex'), p);
    }
    p.recv(data, r);
  });
  say(`listening ${local.host}:${local.port}`);
}

let session; // the ticket of the connection before, in quiche's own framing

// Gives the code to exit with at the connection's end.
async function connect(started, resuming = false) {
  const conf = config(), sock = await bind(0, o.local ?? o.host), local = addressOf(sock), remote = { host: o.host, port: Number(o.port) };
  const conn = q.Connection.connect(o.name, randomBytes(CID), local, remote, conf);
  if (resuming) conn.setSession(session);
  const p = new Peer(conn, sock, remote, local, started);
  sock.on('message', (d, r) => p.recv(d, r));
  return await new Promise((ok) => {
    p.onClosed = () => setTimeout(() => { sock.close(); ok(p.ok === false ? 1 : 0); }, 20);
    p.turn();
  });
}

async function fetch(list, resuming = false) {
  return await connect((p) => {
    let left = list.length;
    p.ok = false; // until all is here
    list.forEach((path, i) => {
      const id = 4 * i, hash = createHash('sha256'), request = [Buffer.from(`GET ${path}\r\n`), null];
      const fd = o.out ? openSync(join(o.out, basename(path)), 'w') : undefined;
      let bytes = 0;
      p.taker.set(id, {
        onData(d, fin) {
          hash.update(d);
          bytes += d.length;
          if (fd !== undefined) writeSync(fd, d);
          if (!fin) return;
          if (fd !== undefined) closeSync(fd);
          say(JSON.stringify({ bytes, sha256: hash.digest('hex') }));
          if (--left === 0) close(p, 0);
        },
      });
      p.write(id, () => request.shift());
    });
  }, resuming);
}

// A ticket may come after the file.
function close(p, waited) {
  session = p.conn.session() ?? undefined;
  if (!session && waited < 200 && (o.resume || o.zrtt) && !p.conn.isResumed()) return void setTimeout(() => close(p, waited + 1), 20);
  p.ok = true;
  say(JSON.stringify({ resumed: p.conn.isResumed() }));
  p.conn.close(true, 0, Buffer.alloc(0));
  if (waited) p.turn();
}

if (isServer) await serve();
else if (command === 'client') process.exit(await connect());
else if (command === 'get') {
  let code = 0;
  if (o.resume || o.zrtt) code = (await fetch(paths.slice(0, 1))) || (await fetch(paths.slice(1), true));
  else for (const list of o.each ? paths.map((x) => [x]) : [paths]) code ||= await fetch(list);
  process.exit(code);
} else {
  console.error('usage: see the head of this file');
  process.exit(2);
}
