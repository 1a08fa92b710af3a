// A browser on a page of the server under test; prints one JSON line.
// usage: node browser.mjs chromium|firefox page|upload|websocket|sample|again PORT SPKI_OR_CA [N]
//   page N       loads /page/N and tells the protocol of the page and of each of its N style sheets
//   upload N     sends N MiB to /count
//   websocket    opens /ws, echoes, closes
//   sample       loads the page of samples/AspNetCore
//   again        loads /resumed, waits until the connection has gone, and loads it again
// environment: MODULES (where node_modules is), FLAGS (more switches for chromium)
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [browserName, task, port, trust, count] = process.argv.slice(2);
const require = createRequire(join(process.env.MODULES, 'x.js'));
const dir = mkdtempSync(join(tmpdir(), 'quiver-browser-'));
const base = `https://localhost:${port}`;

async function open() {
  if (browserName === 'chromium') {
    const { chromium } = require('playwright-core');
    return chromium.launchPersistentContext(dir, {
      executablePath: '/usr/bin/chromium', headless: true,
      args: [
        '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
        '--enable-quic', `--origin-to-force-quic-on=localhost:${port}`, `--ignore-certificate-errors-spki-list=${trust}`,
        '--host-resolver-rules=MAP localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', ...(process.env.FLAGS ?? '').split(' ').filter(Boolean),
      ],
    });
  }
  execFileSync('certutil', ['-N', '-d', `sql:${dir}`, '--empty-password']);
  execFileSync('certutil', ['-A', '-d', `sql:${dir}`, '-t', 'C,,', '-n', 'authority', '-i', trust]);
  const puppeteer = require('puppeteer-core');
  return (puppeteer.default ?? puppeteer).launch({
    browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, userDataDir: dir,
    env: { ...process.env, HOME: dir, MOZ_DISABLE_AUTO_SAFE_MODE: '1' },
    extraPrefsFirefox: {
      'network.http.http3.enable': true, 'network.http.http3.enabled': true, 'network.http.http3.alt-svc-mapping-for-testing': `localhost;h3=:${port}`,
      'network.http.http3.force-use-alt-svc-mapping-for-testing': true, 'network.http.http3.disable_when_third_party_roots_found': false,
      'network.dns.disableIPv6': true, 'network.captive-portal-service.enabled': false, 'network.connectivity-service.enabled': false,
      'browser.safebrowsing.update.enabled': false, 'datareporting.policy.dataSubmissionEnabled': false, 'app.normandy.enabled': false,
      'security.OCSP.enabled': 0, 'services.settings.server': 'http://127.0.0.1:9/', 'network.trr.mode': 5,
    },
  });
}

const tasks = {
  page: async (page) => {
    await page.goto(`${base}/page/${count}`, { timeout: 60000, waitUntil: 'load' });
    return page.evaluate(() => ({
      page: performance.getEntriesByType('navigation')[0].nextHopProtocol,
      // Firefox has more than one entry for some.
      assets: [...new Map(performance.getEntriesByType('resource').filter((e) => e.name.includes('/asset/')).map((e) => [e.name, e.nextHopProtocol])).values()],
    }));
  },
  upload: async (page) => {
    await page.goto(`${base}/page/0`);
    return page.evaluate(async (megabytes) => {
      const answer = await fetch('/count', { method: 'POST', body: new Blob(Array(megabytes).fill(new Uint8Array(1 << 20))) });
      const text = await answer.text();
      await new Promise((r) => setTimeout(r, 100));
      return { count: text, protocol: performance.getEntriesByName(new URL('/count', location).href).at(-1)?.nextHopProtocol };
    }, Number(count));
  },
  websocket: async (page) => {
    await page.goto(`${base}/page/0`);
    return page.evaluate(() => new Promise((resolve) => {
      const messages = [];
      const socket = new WebSocket(`wss://${location.host}/ws`);
      socket.onopen = () => socket.send('echo');
      socket.onmessage = (event) => { messages.push(event.data); if (event.data === 'echo') socket.close(); };
      socket.onerror = () => messages.push('error');
      socket.onclose = (event) => resolve({ messages, code: event.code });
    }));
  },
  sample: async (page) => {
    await page.goto(`${base}/`);
    await page.waitForFunction(() => document.getElementById('connection').textContent !== '');
    return page.evaluate(() => ({
      title: document.title, protocol: document.getElementById('protocol').textContent, connection: document.getElementById('connection').textContent,
    }));
  },
  again: async (page) => {
    const seen = [];
    for (let i = 0; i < 2; i++) {
      await page.goto(`${base}/resumed?${i}`);
      seen.push(await page.evaluate(() => ({ text: document.body.innerText.trim(), protocol: performance.getEntriesByType('navigation')[0].nextHopProtocol })));
      await new Promise((r) => setTimeout(r, 3500));
    }
    return seen;
  },
};

const browser = await open();
try {
  console.log(JSON.stringify(await tasks[task](await browser.newPage())));
} finally {
  await browser.close();
  rmSync(dir, { recursive: true, force: true });
}
