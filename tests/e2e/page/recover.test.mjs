// Whatever breaks in between, the answer comes, once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server, slowWorker } from '../../support/server.mjs';
import { ask, closeBrowser, keptQuestions, lastTurn, newUser, openBrowser, threadOf, waitForAnswer, waitForStep } from './browser.mjs';

const question = 'What was the life expectancy in Japan in 1995?';
let server;

before(async () => {
  await openBrowser();
  server = await new Server(slowWorker('500ms')).start();
});
after(async () => {
  await closeBrowser();
  await server.stop();
});

async function user(t, options) {
  const opened = await newUser(options);
  t.after(async () => {
    await opened.close();
    assert.deepEqual(opened.complaints, []);
  });
  return opened;
}

/** The last word of each test: one run, completed, and nothing left to deliver. */
async function assertDeliveredOnce(page, from = server) {
  await page.waitForFunction(() => !Object.keys(localStorage).some((key) => key.startsWith('holdfast.run.')));
  const { runs } = await from.get(`/v1/threads/${threadOf(page)}/runs`);
  assert.deepEqual(runs.map((run) => [run.status, run.delivered_at !== null]), [['completed', true]]);
  assert.equal(await page.locator('.turn').count(), 1);
}

test('A reload in the middle still ends with the answer', async (t) => {
  const page = await (await user(t)).open(server.base);
  await ask(page, question);
  await waitForStep(page, 2);
  await page.reload();
  await page.getByRole('heading', { name: question }).waitFor();
  assert.match(await waitForAnswer(page), /Japan/);
  await assertDeliveredOnce(page);
});

test('A page closed in the middle finds the answer when it is opened again', async (t) => {
  const opened = await user(t);
  const page = await opened.open(server.base);
  await ask(page, question);
  await waitForStep(page, 1);
  await page.close();
  // At the bare address: the answer waits in the list of threads.
  const again = await opened.open(server.base);
  await again.getByText('answer ready').waitFor();
  await again.getByRole('link', { name: question }).first().click();
  assert.match(await waitForAnswer(again), /Japan/);
  await assertDeliveredOnce(again);
});

test('The server is killed in the middle and restarted: the answer appears without a reload', async (t) => {
  const mortal = await new Server(slowWorker('500ms')).start();
  t.after(() => mortal.stop());
  const page = await (await user(t)).open(mortal.base);
  await page.evaluate(() => (window.loadedOnce = true));
  await ask(page, question);
  await waitForStep(page, 2);
  await mortal.kill();
  await lastTurn(page).getByText(/reconnecting/).waitFor();
  await mortal.start();
  assert.match(await waitForAnswer(page), /Japan/);
  assert.equal(await page.evaluate(() => window.loadedOnce), true);
  await assertDeliveredOnce(page, mortal);
});

test('A question asked while the server is down is sent when it is back', async (t) => {
  const mortal = await new Server(slowWorker('20ms')).start();
  t.after(() => mortal.stop());
  const page = await (await user(t)).open(mortal.base);
  await mortal.kill();
  await ask(page, question);
  await lastTurn(page).getByText(/kept in this browser/).waitFor();
  await mortal.start();
  assert.match(await waitForAnswer(page), /Japan/);
  await assertDeliveredOnce(page, mortal);
});

test('Offline for a while: the page says so, and shows the answer when it is back', async (t) => {
  const opened = await user(t);
  const page = await opened.open(server.base);
  await ask(page, question);
  await waitForStep(page, 2);
  await opened.context.setOffline(true);
  await page.getByText('You are offline.').waitFor();
  const thread = threadOf(page);
  for (;;) {
    const { runs } = await server.get(`/v1/threads/${thread}/runs`);
    if (runs[0].status === 'completed') break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await opened.context.setOffline(false);
  assert.match(await waitForAnswer(page), /Japan/);
  await page.getByText('You are offline.').waitFor({ state: 'detached' });
  await assertDeliveredOnce(page);
});

test('The response to the question is lost: the run is found by its id, and not asked twice', async (t) => {
  const page = await (await user(t)).open(server.base);
  let posts = 0;
  await page.route('**/v1/threads/*/runs', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    posts++;
    await route.fetch();
    await route.abort('connectionreset');
  });
  await ask(page, question);
  assert.match(await waitForAnswer(page), /Japan/);
  assert.equal(posts, 1);
  await assertDeliveredOnce(page);
});

test('Something in between holds the stream back: the answer comes by long poll', async (t) => {
  const page = await (await user(t)).open(server.base);
  await page.route('**/events', () => {});
  await ask(page, question);
  assert.match(await waitForAnswer(page), /Japan/);
  await assertDeliveredOnce(page);
});

test('Storage is denied: the page says what that means, and answers all the same', async (t) => {
  const opened = await user(t);
  await opened.context.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });
  });
  const page = await opened.open(server.base);
  await page.getByText('does not let the page store anything').waitFor();
  await ask(page, question);
  assert.match(await waitForAnswer(page), /Japan/);
  // The server knows the thread, so even here a reload loses nothing that was accepted.
  await page.reload();
  assert.match(await waitForAnswer(page), /Japan/);
});

test('A second tab sees the question of the first and gets the same answer', async (t) => {
  const opened = await user(t);
  const first = await opened.open(server.base);
  await ask(first, question);
  await waitForStep(first, 2);
  const second = await opened.open(first.url());
  assert.equal(await waitForAnswer(second), await waitForAnswer(first));
  await assertDeliveredOnce(first);
});

test('A tab that was open before shows what another tab asks', async (t) => {
  const opened = await user(t);
  const first = await opened.open(server.base);
  const second = await opened.open(first.url());
  await ask(first, question);
  await second.getByRole('heading', { name: question }).waitFor();
  assert.equal(await waitForAnswer(second), await waitForAnswer(first));
  await assertDeliveredOnce(second);
});

test('Another device sees a run under way and its answer', async (t) => {
  const slow = await new Server(slowWorker('1s')).start();
  t.after(() => slow.stop());
  const first = await (await user(t)).open(slow.base);
  await ask(first, question);
  await waitForStep(first, 1);
  const elsewhere = await (await user(t)).open(first.url());
  assert.deepEqual(await keptQuestions(elsewhere), []);
  // Steps come by the event stream only, so it follows the run and has not just read its end.
  await elsewhere.locator('.turn .steps > li').nth(1).waitFor({ state: 'attached' });
  assert.match(await waitForAnswer(elsewhere), /Japan/);
});

test('The worker is killed again and again: the page says why there is no answer', async (t) => {
  const deadly = await new Server(['--worker', `${process.execPath} ${new URL('deadly_worker.mjs', import.meta.url).pathname} {socket}`]).start();
  t.after(() => deadly.stop());
  const page = await (await user(t)).open(deadly.base);
  await ask(page, question);
  await lastTurn(page).getByText('The analysis failed').waitFor({ timeout: 60_000 });
  await lastTurn(page).getByRole('button', { name: 'Ask again' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Stop' }).count(), 0);
});
