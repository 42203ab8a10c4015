// A user in a browser before a real server, and what must be true of the question however it was treated.
import assert from 'node:assert/strict';
import { ask, lastTurn, newUser } from '../page/browser.mjs';
import { until } from '../delivery/world.mjs';

export const question = 'Kolik je hodin?';

/** Opens a window whose requests are counted, over all its tabs, and closes it with the test. */
export async function visitor(t, options) {
  const user = await newUser(options);
  const requests = [];
  user.context.on('request', (request) => requests.push({ method: request.method(), path: new URL(request.url()).pathname, at: performance.now() }));
  t.after(async () => {
    await user.close();
    assert.deepEqual(user.complaints, []);
  });
  const count = (method, pattern) => requests.filter((request) => request.method === method && pattern.test(request.path)).length;
  return { ...user, requests, count, posts: () => count('POST', /\/runs$/), acks: () => count('POST', /\/ack$/) };
}

/** Asks in this tab. Resolves to the id of the run, which is in the page before anything is sent. */
export async function askIn(page, prompt = question) {
  await ask(page, prompt);
  return runIn(page);
}

export async function runIn(page) {
  await lastTurn(page).waitFor();
  return lastTurn(page).getAttribute('data-run');
}

/** The answer is on the screen, once. */
export async function assertShownOnce(page, prompt = question) {
  const shown = page.locator('p.answer:not(.partial)');
  await shown.waitFor({ timeout: 60_000 });
  assert.equal(await shown.count(), 1);
  assert.equal(await shown.innerText(), prompt);
  assert.equal(await page.locator('.turn').count(), 1);
}

/** The worker was given it once (or as often as its server died), it ended once, and one acknowledgement was needed. */
export async function assertDeliveredOnce(world, runId, { acks, posts }, { executions = 1 } = {}) {
  await until('the acknowledgement', async () => (await world.run(runId)).delivered_at);
  const kinds = (await world.timeline(runId)).map(({ kind }) => kind);
  assert.deepEqual(kinds.filter((kind) => ['completed', 'failed', 'cancelled', 'delivered'].includes(kind)), ['completed', 'delivered']);
  assert.equal(kinds.filter((kind) => kind === 'accepted').length, 1);
  assert.equal(world.executions(runId).length, executions);
  assert.equal(acks(), 1, 'one acknowledgement');
  assert.ok(posts() <= 2, `${posts()} questions were sent`);
}

/** The worker is let through its gate: one question was sent, and one answer comes of it, on the screen and in the journal. */
export async function assertAnswered(world, page, runId, user, { executions = 1 } = {}) {
  world.openGate(runId);
  await assertShownOnce(page);
  await assertDeliveredOnce(world, runId, user, { executions });
  assert.equal(user.posts(), 1);
}

/** The worker has the question, and waits at its gate. */
export function underWay(world, runId) {
  return until('an execution', () => world.executions(runId).length > 0);
}
