// The published library in a real browser, on a page of its own at the server's origin. `npm test` in clients/typescript
// builds what is loaded here.
import assert from 'node:assert/strict';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Server } from '../../support/server.mjs';
import { closeBrowser, openBrowser } from '../page/browser.mjs';
import { World, until } from '../delivery/world.mjs';
import { visitor } from './visitor.mjs';

const dist = new URL('../../../clients/typescript/dist/', import.meta.url);
const page = `<!doctype html><title>client</title><script type="module">
  import { Holdfast } from '/client/index.js';
  Object.assign(window, { Holdfast, shown: [], logged: [], ask(holdfast, question) {
    const analysis = holdfast.analyze(question);
    analysis.on('answer', ({ run_id, via, recovery_mode, result }) => shown.push({ run_id, via, recovery_mode, text: result.result }));
    return analysis.id;
  } });
  window.log = (message, details) => logged.push([message, details]);
</script>`;

let world;

before(async () => {
  await openBrowser();
  world = await World.open();
});
after(async () => {
  await closeBrowser();
  await world?.close();
});

/** A tab with the library at the server's origin; everything else of that origin is the server. */
async function open(user, base = `http://127.0.0.1:${world.port}`) {
  const tab = await user.context.newPage();
  await tab.route('**/client/**', (route) => {
    const name = new URL(route.request().url()).pathname.replace('/client/', '');
    if (name === '') return route.fulfill({ contentType: 'text/html', body: page });
    return route.fulfill({ contentType: 'text/javascript', body: readFileSync(new URL(name, dist), 'utf8') });
  });
  await tab.goto(`${base}/client/`);
  await tab.waitForFunction(() => window.log);
  return tab;
}

test('Three tabs with two questions each: four connections are held, the rest is free, every answer comes once', async (t) => {
  const user = await visitor(t);
  const tabs = await Promise.all([open(user), open(user), open(user)]);
  const asked = await Promise.all(
    tabs.map((tab, i) =>
      tab.evaluate((i) => {
        window.holdfast = new Holdfast({ log });
        return [0, 1].map((j) => ask(holdfast, { threadId: `tab-${i}`, prompt: `question ${i} ${j}` }));
      }, i),
    ),
  );
  const runs = asked.flat();
  for (const runId of runs) await until('an execution', () => world.executions(runId).length > 0);
  const held = () => tabs[0].evaluate(async () => (await navigator.locks.query()).held.filter(({ name }) => name.includes('.seat.')).length);
  await until('four connections', async () => (await held()) === 4);
  // Under HTTP/1.1 a browser has six: a seventh request would hang until one of them ends.
  for (const tab of tabs) assert.equal(await tab.evaluate(async () => (await fetch('/livez')).status), 200);
  for (const runId of runs) world.openGate(runId);
  for (const [i, tab] of tabs.entries()) {
    await tab.waitForFunction(() => shown.length === 2, undefined, { timeout: 60_000 });
    assert.deepEqual((await tab.evaluate(() => shown.map(({ text }) => text))).sort(), [`question ${i} 0`, `question ${i} 1`]);
  }
  await until('every acknowledgement', () => user.acks() === runs.length);
  assert.equal(user.posts(), runs.length);
  for (const runId of runs) assert.equal(world.executions(runId).length, 1);
});

for (const hours of [-3, 3]) {
  test(`Clock skew: a machine whose clock is ${hours} h wrong`, async (t) => {
    const user = await visitor(t);
    await user.context.addInitScript((ms) => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + ms;
    }, hours * 3_600_000);
    const tab = await open(user);
    const runId = await tab.evaluate(() => ask(new Holdfast({ log }), { threadId: 'skew', prompt: 'q' }));
    await until('an execution', () => world.executions(runId).length > 0);
    world.openGate(runId);
    await tab.waitForFunction(() => shown.length === 1);
    await until('the acknowledgement', async () => (await world.run(runId)).delivered_at);
  });
}

test('Storage is denied: it warns, and brings the answer all the same', async (t) => {
  const user = await visitor(t);
  await user.context.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('denied', 'SecurityError'); } });
  });
  const tab = await open(user);
  const runId = await tab.evaluate(() => ask(new Holdfast({ log }), { threadId: 'denied', prompt: 'q' }));
  assert.deepEqual(await tab.evaluate(() => logged[0]?.[0]), 'No storage');
  world.openGate(runId);
  await tab.waitForFunction(() => shown.length === 1);
});

test('Timeout Monitor: a question whose response is withheld is asked for by its id (at a tenth of the time)', async (t) => {
  const user = await visitor(t);
  const tab = await open(user);
  await tab.route('**/v1/threads/*/runs', async (route) => void (await route.fetch()));
  const runId = await tab.evaluate(() => ask(new Holdfast({ log, monitorMs: 3_000 }), { threadId: 'withheld', prompt: 'q' }));
  await tab.waitForFunction(() => logged.length > 0);
  world.openGate(runId);
  await tab.waitForFunction(() => shown.length === 1);
  assert.deepEqual(await tab.evaluate(() => logged.map(([message]) => message)), ['Timeout Monitor', 'Recovery successful']);
  assert.equal(await tab.evaluate(() => shown[0].recovery_mode), true);
  assert.equal(user.posts(), 1);
  assert.equal(world.executions(runId).length, 1);
});

test('The token has expired: it is refreshed once, and the answer comes', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const server = new Server();
  t.after(() => server.stop());
  const keySet = join(server.directory, 'keys.json');
  writeFileSync(keySet, JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }] }));
  const token = (expiresIn) => {
    const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const text = `${encode({ alg: 'RS256', kid: 'k' })}.${encode({ iss: 'https://id.example', aud: 'holdfast', sub: 'ada', iat: now - 7200, exp: now + expiresIn })}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`;
  };
  Object.assign(server, { environment: { HOLDFAST_AUTH: 'oidc', HOLDFAST_ISSUER: 'https://id.example', GOOGLE_CLIENT_ID: 'holdfast', HOLDFAST_JWKS: keySet } });
  await server.start();
  const user = await visitor(t);
  const tab = await open(user, server.base);
  await tab.evaluate(([expired, fresh]) => {
    window.refreshed = 0;
    let token = expired;
    const getToken = (refresh) => (refresh && (refreshed++, (token = fresh)), token);
    ask(new Holdfast({ log, getToken }), { threadId: 'expired', prompt: 'What was the life expectancy in Japan in 1995?' });
  }, [token(-3600), token(3600)]);
  await tab.waitForFunction(() => shown.length === 1);
  assert.equal(await tab.evaluate(() => refreshed), 1);
  await until('the acknowledgement', () => user.acks() === 1);
});
