// Cloudflare quiche (BoringSSL) as a peer that takes orders: see README.md. Run it in the directory with the module
// @matrixai/quic-linux-x64 ($PEERS).
//
//   node quiche.mjs server    --port 4433 --cert cert.pem --key key.pem
//   node quiche.mjs client    --port 4433 [--ca ca.pem]
//   node quiche.mjs hq-server --port 4433 --cert cert.pem --key key.pem --www DIR
//   node quiche.mjs get       --port 4433 [--ca ca.pem] /path
import { createSocket } from 'node:dgram';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, normalize } from 'node:path';
import { parseArgs } from 'node:util';
const q = createRequire(join(process.cwd(), 'x.js'))('@matrixai/quic-linux-x64');

const { positionals: [command, path], values: o } = parseArgs({
  allowPositionals: true,
  options: {
    host: { type: 'string', default: '127.0.0.1' }, port: { type: 'string', default: '4433' }, cert: { type: 'string' },
    key: { type: 'string' }, ca: { type: 'string' }, alpn: { type: 'string', default: 'quiver-orders' },
    name: { type: 'string', default: 'localhost' }, www: { type: 'string', default: '.' },
  },
});
const CID = 16, CHUNK = 65536;
const isServer = command === 'server' || command === 'hq-server', isFiles = command === 'hq-server' || command === 'get';
const say = (text) => console.log(text);
const codeOf = (e) => /\((\d+)\)/.exec(e.message)?.[1] ?? `? ${e.message}`;

function config() {
  const pem = (f) => (f ? [readFileSync(f)] : undefined);
  const c = q.Config.withBoringSslCtx(!!o.ca, false, o.ca ? readFileSync(o.ca) : undefined, pem(o.key), pem(o.cert), undefined);
  c.setMaxIdleTimeout(30000);
  c.setMaxRecvUdpPayloadSize(65527);
  c.setMaxSendUdpPayloadSize(1350);
  c.setInitialMaxData(10 << 20);
  c.setInitialMaxStreamDataBidiLocal(1 << 20);
  c.setInitialMaxStreamDataBidiRemote(1 << 20);
  c.setInitialMaxStreamDataUni(1 << 20);
  c.setInitialMaxStreamsBidi(100);
  c.setInitialMaxStreamsUni(100);
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
          if (/StreamLimit/.test(e.message)) break;
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
    if (c.isEstablished()) {
      if (!this.connected) {
        this.connected = true;
        say('connected');
        this.started?.(this);
      }
      this.read();
      this.flush();
    }
    this.send();
    clearTimeout(this.timer);
    if (c.isClosed()) {
      const e = c.peerError();
      say(e ? (e.isApp ? `closed ${Number(e.errorCode)}` : `failed transport error ${Number(e.errorCode)}`) : `failed ${JSON.stringify(c.localError(), big) ?? this.problem ?? 'timed out'}`);
      this.onClosed?.();
      return;
    }
    const t = c.timeout();
    if (t !== null) this.timer = setTimeout(() => { c.onTimeout(); this.turn(); }, Math.max(1, t));
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

const bind = (port) => new Promise((ok, no) => {
  const s = createSocket({ type: o.host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4 << 20 });
  s.once('error', no);
  s.bind(port, o.host, () => ok(s));
});
const addressOf = (s) => ({ host: s.address().address, port: s.address().port });

async function serve() {
  const conf = config(), sock = await bind(Number(o.port)), local = addressOf(sock), peers = new Map();
  sock.on('message', (data, r) => {
    let h;
    try { h = q.Header.fromSlice(data, CID); } catch { return; }
    let p = peers.get(Buffer.from(h.dcid).toString('hex'));
    if (!p) {
      if (h.ty !== q.Type.Initial || !q.versionIsSupported(h.version)) return;
      const scid = randomBytes(CID), remote = { host: r.address, port: r.port };
      p = new Peer(q.Connection.accept(scid, null, local, remote, conf), sock, remote, local);
      peers.set(Buffer.from(h.dcid).toString('hex'), p);
      peers.set(scid.toString('hex'), p);
    }
    p.recv(data, r);
  });
  say(`listening ${local.host}:${local.port}`);
}

async function connect(started) {
  const conf = config(), sock = await bind(0), local = addressOf(sock), remote = { host: o.host, port: Number(o.port) };
  const p = new Peer(q.Connection.connect(o.name, randomBytes(CID), local, remote, conf), sock, remote, local, started);
  sock.on('message', (d, r) => p.recv(d, r));
  p.onClosed = () => setTimeout(() => process.exit(p.ok === false ? 1 : 0), 20);
  p.turn();
}

if (isServer) await serve();
else if (command === 'client') await connect();
else if (command === 'get') {
  await connect((p) => {
    const hash = createHash('sha256'), request = [Buffer.from(`GET ${path}\r\n`), null];
    let bytes = 0;
    p.taker.set(0, {
      onData(d, fin) {
        hash.update(d);
        bytes += d.length;
        if (!fin) return;
        say(JSON.stringify({ bytes, sha256: hash.digest('hex') }));
        p.conn.close(true, 0, Buffer.alloc(0));
      },
    });
    p.write(0, () => request.shift());
  });
} else {
  console.error('usage: see the head of this file');
  process.exit(2);
}
