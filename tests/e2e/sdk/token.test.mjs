// What a worker is given with a run: a token for the checkpoints of its thread, as long as the attempt lasts.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Server } from '../../support/server.mjs';
import { testTokens, tokenOf } from '../../support/test_tokens.mjs';

const worker = `${process.execPath} ${new URL('workers/token_worker.mjs', import.meta.url).pathname} {socket}`;
let server;
before(async () => {
  // Two runs wait at once: a first one that goes alone until its need is known would keep the other out.
  server = await new Server(['--worker', worker, '--set', 'worker.grace_period=500ms', '--set', 'memory.mode=observe'], testTokens).start();
});
after(() => server.stop());

const send = (method, path, token, body) =>
  fetch(server.base + path, { method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', Prefer: 'respond-async' }, body: body && JSON.stringify(body) });

/** A run of that user whose worker waits, and what the worker was given. */
async function waitingRun(user, thread) {
  const run_id = randomUUID();
  assert.equal((await send('POST', `/v1/threads/${thread}/runs`, tokenOf(user), { prompt: 'wait', run_id })).status, 202);
  for (;;) {
    const { entries } = await (await send('GET', `/v1/runs/${run_id}/timeline`, tokenOf(user))).json();
    const told = entries.find((entry) => entry.kind === 'progress');
    if (told) return { run_id, given: JSON.parse(told.message) };
    await pause(20);
  }
}

test('the token opens the checkpoints of the run\'s thread, nothing else, and ends with the attempt', async () => {
  const { run_id, given } = await waitingRun('ada', 'mine');
  assert.equal(given.url, server.base);
  assert.match(given.token, /^hfw_[0-9a-f]{80}$/);
  assert.equal(given.level, 'normal');
  const path = '/v1/threads/mine/checkpoints/1';
  const body = { state: { n: 1 } };
  assert.equal((await send('PUT', path, given.token, body)).status, 204);
  assert.deepEqual((await (await send('GET', path, tokenOf('ada'))).json()).state, { n: 1 });
  assert.equal((await send('GET', path, tokenOf('bob'))).status, 404);
  for (const [method, other] of [['GET', '/v1/threads/other/checkpoints/1'], ['PUT', '/v1/threads/other/checkpoints/1'], ['GET', '/v1/checkpoints'], ['GET', '/v1/runs'], ['GET', `/v1/runs/${run_id}`], ['POST', `/v1/runs/${run_id}/cancel`], ['DELETE', '/v1/threads/mine']]) {
    assert.equal((await send(method, other, given.token, method === 'PUT' ? body : undefined)).status, 401, `${method} ${other}`);
  }
  const changed = given.token.slice(0, -1) + (given.token.endsWith('0') ? '1' : '0');
  assert.equal((await send('PUT', path, changed, body)).status, 401);
  assert.equal((await send('POST', `/v1/runs/${run_id}/cancel`, tokenOf('ada'))).status, 202);
  for (const end = performance.now() + 30_000; (await send('PUT', path, given.token, body)).status !== 401; await pause(20)) {
    assert.ok(performance.now() < end, 'the token ends with the attempt');
  }
});

test('two users with a thread of the same name have two conversations', async () => {
  const [ada, bob] = await Promise.all([waitingRun('ada', 'same'), waitingRun('bob', 'same')]);
  for (const [user, { given, run_id }] of [['ada', ada], ['bob', bob]]) {
    assert.equal((await send('PUT', '/v1/threads/same/checkpoints/1', given.token, { state: user })).status, 204);
    assert.equal((await (await send('GET', '/v1/threads/same/checkpoints/1', tokenOf(user))).json()).state, user);
    await send('POST', `/v1/runs/${run_id}/cancel`, tokenOf(user));
  }
  assert.equal((await (await send('GET', '/v1/threads/same/checkpoints/1', tokenOf('ada'))).json()).state, 'ada');
});
