// Deno's QUIC (quinn, rustls) as a peer that takes orders: see README.md.
//
//   deno run -A --unstable-net --no-lock quinn.ts server    --port 4433 --cert cert.pem --key key.pem
//   deno run -A --unstable-net --no-lock quinn.ts client    --port 4433 --ca ca.pem
//   deno run -A --unstable-net --no-lock quinn.ts hq-server --port 4433 --cert cert.pem --key key.pem --www DIR
//   deno run -A --unstable-net --no-lock quinn.ts get       --port 4433 --ca ca.pem [--out DIR] [--zrtt | --each] /path...
//
// get: --zrtt fetches the first path on one connection and the rest as early data of a second; --each takes a connection for
// each path. --local: the client's own address, where it is not the server's. --preferred: the server's preferred IPv4 address.
//
// Seen with Deno 2.9.6: its streams take no code. Cancelling a readable sends STOP_SENDING with code 0; aborting a writable
// drops quinn's stream, which ends it with FIN, so it never sends RESET_STREAM of its own will; answering STOP_SENDING it does.
import { parseArgs } from 'node:util';
import { createHash } from 'node:crypto';

const { positionals: [command, ...paths], values: o } = parseArgs({
  args: Deno.args, allowPositionals: true,
  options: {
    host: { type: 'string', default: '127.0.0.1' }, port: { type: 'string', default: '4433' }, cert: { type: 'string' },
    key: { type: 'string' }, ca: { type: 'string' }, name: { type: 'string', default: 'localhost' },
    alpn: { type: 'string', default: 'quiver-orders' }, www: { type: 'string', default: '.' }, out: { type: 'string' },
    zrtt: { type: 'boolean', default: false }, each: { type: 'boolean', default: false }, local: { type: 'string' }, preferred: { type: 'string' },
  },
});
// deno-lint-ignore no-explicit-any
type Any = any;

// quinn's words: "stream reset by peer: error 7", "sending stopped by peer: error 7", "closed by peer: reason (code 7)".
const code = (e: unknown) => /(?:error |code )(\d+)/.exec(String(e))?.[1] ?? `? ${e}`;

async function orders(c: Any) {
  c.closed.then((i: Any) => console.log(`closed ${i.closeCode}`), (e: unknown) => console.log(`failed ${e}`));
  for await (const s of c.incomingBidirectionalStreams) obey(c, s).catch((e) => console.log(`failed order ${e}`));
}

async function obey(c: Any, s: Any) {
  const reader = s.readable.getReader({ mode: 'byob' });
  let line = '';
  for (;;) {
    const { value, done } = await reader.read(new Uint8Array(1));
    if (done || value[0] === 10) break;
    line += String.fromCharCode(value[0]);
  }
  const [verb, a, b] = line.split(' ');
  const w = s.writable.getWriter();
  const buffer = () => new Uint8Array(65536);
  if (verb === 'echo') {
    for (;;) {
      const { value, done } = await reader.read(buffer());
      if (done) break;
      await w.write(value);
    }
    await w.close();
  } else if (verb === 'read') {
    let n = 0;
    await w.write(new TextEncoder().encode('go\n'));
    await w.close();
    try {
      for (;;) {
        const { value, done } = await reader.read(buffer());
        if (done) break;
        n += value.length;
      }
      console.log(`fin ${n}`);
    } catch (e) {
      console.log(`reset ${code(e)}`);
    }
  } else if (verb === 'flood') {
    try {
      for (;;) await w.write(buffer());
    } catch (e) {
      console.log(`stopped ${code(e)}`);
    }
  } else if (verb === 'reset') {
    await w.write(new TextEncoder().encode('some'));
    await w.abort();
  } else if (verb === 'stop') {
    await reader.cancel();
    await w.close();
  } else if (verb === 'open') {
    let answer = 'same';
    await Promise.all(Array.from({ length: Number(a) }, () => exchange(c, Number(b)).catch((e) => {
      console.log(`failed ${e}`);
      answer = 'wrong';
    })));
    await w.write(new TextEncoder().encode(answer));
    await w.close();
  } else if (verb === 'close') {
    c.close({ closeCode: Number(a), reason: 'as ordered' });
    console.log('closing');
  }
}

async function exchange(c: Any, size: number) {
  const payload = new Uint8Array(size);
  for (let i = 0; i < size; i += 65536) crypto.getRandomValues(payload.subarray(i, Math.min(size, i + 65536)));
  const s = await c.createBidirectionalStream({ waitUntilAvailable: true });
  const writing = (async () => {
    const w = s.writable.getWriter();
    await w.write(payload);
    await w.close();
  })();
  let at = 0;
  for await (const p of s.readable) {
    for (let i = 0; i < p.length; i++) if (p[i] !== payload[at + i]) throw new Error(`echo differs at ${at + i}`);
    at += p.length;
  }
  if (at !== size) throw new Error(`echo of ${at} bytes`);
  await writing;
}

async function files(c: Any) {
  for await (const s of c.incomingBidirectionalStreams) {
    (async () => {
      let request = '';
      for await (const p of s.readable) request += new TextDecoder().decode(p);
      const file = await Deno.open(o.www + '/' + request.trim().split(/\s+/)[1].replaceAll('..', ''));
      const w = s.writable.getWriter();
      const buffer = new Uint8Array(1 << 18);
      for (let n; (n = await file.read(buffer)) !== null;) await w.write(buffer.subarray(0, n));
      await w.close();
      file.close();
    })().catch((e) => console.log(`failed ${e}`));
  }
}

async function listen(alpn: string, serve: (c: Any) => Promise<void>) {
  const ep = new Deno.QuicEndpoint({ hostname: o.host, port: Number(o.port) });
  const listener = ep.listen({
    cert: Deno.readTextFileSync(o.cert!), key: Deno.readTextFileSync(o.key!), alpnProtocols: [alpn],
    ...(o.preferred ? { preferredAddressV4: o.preferred.includes(':') ? o.preferred : `${o.preferred}:${ep.addr.port}` } : {}),
  });
  console.log(`listening ${ep.addr.hostname}:${ep.addr.port}`);
  for await (const incoming of listener) {
    (async () => {
      const c = await incoming.accept();
      console.log('connected');
      await serve(c);
    })().catch((e) => console.log(`failed ${e}`));
  }
}

let endpoint: Any;

async function connect(alpn: string, zeroRtt = false) {
  endpoint ??= new Deno.QuicEndpoint({ hostname: o.local ?? o.host, port: 0 });
  const r: Any = Deno.connectQuic({
    hostname: o.host, port: Number(o.port), serverName: o.name, alpnProtocols: [alpn], endpoint, zeroRtt,
    ...(o.ca ? { caCerts: [Deno.readTextFileSync(o.ca)] } : {}),
  } as Any);
  const early = !(r instanceof Promise);
  const c = await r;
  console.log(early ? 'connected early' : 'connected');
  return c;
}

async function fetchOne(c: Any, path: string) {
  const s = await c.createBidirectionalStream({ waitUntilAvailable: true });
  const w = s.writable.getWriter();
  await w.write(new TextEncoder().encode(`GET ${path}\r\n`));
  await w.close();
  const hash = createHash('sha256');
  const file = o.out ? await Deno.open(`${o.out}/${path.split('/').pop()}`, { create: true, write: true, truncate: true }) : undefined;
  const reader = s.readable.getReader({ mode: 'byob' });
  let bytes = 0;
  let buffer = new Uint8Array(1 << 18);
  for (;;) {
    const { value, done } = await reader.read(buffer);
    if (done) break;
    hash.update(value);
    for (let at = 0; file && at < value.length;) at += await file.write(value.subarray(at));
    bytes += value.length;
    buffer = new Uint8Array(value.buffer);
  }
  file?.close();
  console.log(JSON.stringify({ bytes, sha256: hash.digest('hex') }));
}

async function get(list: string[], zeroRtt = false) {
  const c: Any = await connect('hq-interop', zeroRtt);
  await Promise.all(list.map((path) => fetchOne(c, path)));
  if (zeroRtt) await new Promise((r) => setTimeout(r, 200)); // time for a session ticket
  c.close({ closeCode: 0, reason: '' });
  await new Promise((r) => setTimeout(r, 50));
}

globalThis.addEventListener('unhandledrejection', (e) => e.preventDefault()); // a lost connection must not end the server

try {
  if (command === 'server') await listen(o.alpn!, orders);
  else if (command === 'hq-server') await listen('hq-interop', files);
  else if (command === 'client') await orders(await connect(o.alpn!)).finally(() => new Promise((r) => setTimeout(r, 100)));
  else if (command === 'get') {
    for (const list of o.zrtt ? [paths.slice(0, 1), paths.slice(1)] : o.each ? paths.map((x) => [x]) : [paths]) await get(list, o.zrtt);
  }
  else throw new Error(`no command ${command}`);
  Deno.exit(0);
} catch (e) {
  console.log(`failed ${e}`);
  Deno.exit(1);
}
