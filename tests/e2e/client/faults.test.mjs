// The chat page in a real browser, before a real server, while everything in between breaks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { closeBrowser, lastTurn, openBrowser, waitForStep } from '../page/browser.mjs';
import { buffering, eatingNoContent, silenceCutter } from '../delivery/proxies.mjs';
import { World, silenceCut, until } from '../delivery/world.mjs';
import { Line } from './line.mjs';
import { askIn, assertAnswered, assertDeliveredOnce, assertShownOnce, runIn, underWay, visitor } from './visitor.mjs';

let world;

before(async () => {
  await openBrowser();
  world = await World.open();
});
after(async () => {
  await closeBrowser();
  await world?.close();
});

const base = (port = world.port) => `http://127.0.0.1:${port}`;

/** Something stands between the browser and the server for this test. */
async function between(t, opening) {
  const proxy = await opening;
  t.after(() => proxy.close());
  return base(proxy.port);
}

/** The machine has lost its network: connections are dead, and the browser knows. */
async function loseNetwork(user, line) {
  line.cut();
  await user.context.setOffline(true);
}

async function regainNetwork(user, line) {
  line.mend();
  await user.context.setOffline(false);
}

test('Offline for 60 s while the answer comes: it is shown when the network is back, without a second question', async (t) => {
  const user = await visitor(t);
  const line = await Line.open(world.port);
  const page = await user.open(await between(t, line));
  // The page's own clock: it goes through the 60 s with every timer that falls into them; only the waiting is spared.
  await page.clock.install();
  const runId = await askIn(page);
  await waitForStep(page, 1);
  await loseNetwork(user, line);
  world.openGate(runId);
  await until('the end', async () => (await world.run(runId)).status === 'completed');
  await lastTurn(page).getByText(/reconnecting/).waitFor();
  for (let second = 0; second < 60; second++) await page.clock.runFor(1_000);
  await lastTurn(page).getByText(/reconnecting/).waitFor();
  await regainNetwork(user, line);
  await assertShownOnce(page);
  await page.clock.resume();
  await assertDeliveredOnce(world, runId, user);
  assert.equal(user.posts(), 1);
});

test('Asked while offline: it is sent when the network is back', async (t) => {
  const user = await visitor(t);
  const line = await Line.open(world.port);
  const page = await user.open(await between(t, line));
  await loseNetwork(user, line);
  const runId = await askIn(page);
  await lastTurn(page).getByText(/kept in this browser/).waitFor();
  await regainNetwork(user, line);
  await underWay(world, runId);
  world.openGate(runId);
  await assertShownOnce(page);
  await assertDeliveredOnce(world, runId, user);
});

test('A frozen tab shows the answer when it is thawed', async (t) => {
  const user = await visitor(t);
  const page = await user.open(base());
  const runId = await askIn(page);
  await waitForStep(page, 1);
  const devtools = await user.context.newCDPSession(page);
  await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
  world.openGate(runId);
  await until('the end', async () => (await world.run(runId)).status === 'completed');
  await pause(1_000);
  await devtools.send('Page.setWebLifecycleState', { state: 'active' });
  await assertShownOnce(page);
  await assertDeliveredOnce(world, runId, user);
  assert.equal(user.posts(), 1);
});

const moments = {
  'before the question has left': async (page) => {
    await page.route('**/v1/threads/*/runs', (route) => (route.request().method() === 'POST' ? undefined : route.continue()));
    return askIn(page);
  },
  'before the response to the question': async (page) => {
    await page.route('**/v1/threads/*/runs', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      await route.fetch();
    });
    const runId = await askIn(page);
    await underWay(world, runId);
    return runId;
  },
  'while it is worked on': async (page) => {
    const runId = await askIn(page);
    await waitForStep(page, 1);
    return runId;
  },
  'when the answer is there and not acknowledged': async (page) => {
    await page.route('**/ack', () => undefined);
    const runId = await askIn(page);
    await underWay(world, runId);
    world.openGate(runId);
    await assertShownOnce(page);
    return runId;
  },
};
for (const [moment, come] of Object.entries(moments)) {
  test(`A reload ${moment}`, async (t) => {
    const user = await visitor(t);
    const page = await user.open(base());
    const runId = await come(page);
    // The page is gone, with all that it had under way, before requests pass again.
    const address = page.url();
    await page.goto('about:blank');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    const before = user.acks();
    await page.goto(address);
    assert.equal(await runIn(page), runId);
    await underWay(world, runId);
    world.openGate(runId);
    await assertShownOnce(page);
    await assertDeliveredOnce(world, runId, { ...user, acks: () => user.acks() - before });
  });
}

test('A second tab gets the same answer, over the one stream that there is', async (t) => {
  const user = await visitor(t);
  const first = await user.open(base());
  const runId = await askIn(first);
  await waitForStep(first, 1);
  const second = await user.open(first.url());
  await waitForStep(second, 1);
  await until('one stream', async () => (await openStreams(first, runId)) === 1);
  world.openGate(runId);
  await Promise.all([assertShownOnce(first), assertShownOnce(second)]);
  await assertDeliveredOnce(world, runId, user);
  assert.equal(user.posts(), 1);
});

/** Tabs that hold the lock of a run follow it. */
async function openStreams(page, runId) {
  const { held } = await page.evaluate(() => navigator.locks.query());
  assert.equal(held.filter(({ name }) => name === `holdfast.${runId}`).length, 1);
  return held.filter(({ name }) => /\.seat\.\d$/.test(name)).length;
}

test('The tab that follows the run is closed: the other one goes on', async (t) => {
  const user = await visitor(t);
  const first = await user.open(base());
  const runId = await askIn(first);
  await waitForStep(first, 1);
  const second = await user.open(first.url());
  await waitForStep(second, 1);
  await second.close();
  world.openGate(runId);
  await assertShownOnce(first);
  await assertDeliveredOnce(world, runId, user);
});

test('The server is killed with SIGKILL and comes back: the answer appears', async (t) => {
  const user = await visitor(t);
  const page = await user.open(base());
  const runId = await askIn(page);
  await waitForStep(page, 1);
  await world.killAndRestart();
  await until('the second attempt', () => world.executions(runId).length === 2);
  // The server lost an attempt; the browser sent one question.
  await assertAnswered(world, page, runId, user, { executions: 2 });
});

test('A proxy that cuts 30 s of silence (at the scale of the tests)', async (t) => {
  const user = await visitor(t);
  const page = await user.open(await between(t, silenceCutter(world.port, silenceCut)));
  const runId = await askIn(page);
  await waitForStep(page, 1);
  await pause(3 * silenceCut);
  await assertAnswered(world, page, runId, user);
});

test('A proxy that holds everything back until it is complete: the answer comes by long poll', async (t) => {
  const user = await visitor(t);
  const page = await user.open(await between(t, buffering(world.port)));
  const runId = await askIn(page);
  await underWay(world, runId);
  await until('a long poll', () => user.count('GET', new RegExp(`/v1/runs/${runId}$`)) >= 2);
  await assertAnswered(world, page, runId, user);
});

test('A proxy that breaks on responses without a body: the acknowledgement is made sure of, and repeated at most', async (t) => {
  const user = await visitor(t);
  const page = await user.open(await between(t, eatingNoContent(world.port)));
  const runId = await askIn(page);
  await underWay(world, runId);
  world.openGate(runId);
  await assertShownOnce(page);
  await page.waitForFunction(() => !Object.keys(localStorage).some((key) => key.startsWith('holdfast.run.')));
  assert.equal(user.acks(), 1);
});

const marks = {
  'in the head of the response to the question': 'HTTP/1.1 202',
  'in the head of the stream': 'text/event-stream',
  'in the middle of an event': 'event: progress',
  'in the middle of the answer': 'event: done',
};
for (const [place, mark] of Object.entries(marks)) {
  test(`A connection that is reset ${place}`, async (t) => {
    const user = await visitor(t);
    const line = await Line.open(world.port, { mark });
    const page = await user.open(await between(t, line));
    const runId = await askIn(page);
    await underWay(world, runId);
    if (mark !== 'event: done') await until('the break', () => line.breaks === 1);
    await assertAnswered(world, page, runId, user);
    assert.equal(line.breaks, 1);
  });
}
