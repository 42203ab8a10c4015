// Asking and what is shown.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Server, slowWorker } from '../../support/server.mjs';
import { ask, closeBrowser, keptQuestions, lastTurn, newUser, openBrowser, threadOf, waitForAnswer, waitForStep } from './browser.mjs';

const question = 'What was the life expectancy in Japan in 1995?';
let server;

before(async () => {
  await openBrowser();
  server = await new Server().start();
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

test('A new user sees three examples and gets an answer by pressing one', async (t) => {
  const page = await (await user(t)).open(server.base);
  const examples = page.getByRole('list', { name: 'Examples' }).getByRole('button');
  await examples.first().waitFor();
  assert.equal(await examples.count(), 3);
  await examples.first().click();
  assert.notEqual(await waitForAnswer(page), '');
});

test('The steps are shown while it runs, then the answer with rows, SQL, source and follow-ups', async (t) => {
  const slow = await new Server(slowWorker('150ms')).start();
  t.after(() => slow.stop());
  const page = await (await user(t)).open(slow.base);
  await ask(page, question);
  await waitForStep(page, 3);
  assert.match(await lastTurn(page).locator('.state').innerText(), /Working/);

  assert.match(await waitForAnswer(page), /Japan/);
  const turn = lastTurn(page);
  const row = await turn.locator('tbody tr').first().innerText();
  assert.match(row, /\d/);
  await turn.getByText('SQL', { exact: true }).click();
  assert.match(await turn.locator('pre').innerText(), /SELECT[\s\S]*Japan/);
  assert.match(await turn.locator('.sources').first().innerText(), /gapminder/);
  assert.match(await turn.locator('summary').first().innerText(), /^\d+ steps$/);

  const followUp = turn.getByRole('list', { name: 'Follow-up questions' }).getByRole('button').first();
  const next = await followUp.innerText();
  await followUp.click();
  await page.getByRole('heading', { name: next }).waitFor();
});

test('The shown answer is acknowledged and forgotten here', async (t) => {
  const page = await (await user(t)).open(server.base);
  await ask(page, question);
  await waitForAnswer(page);
  await page.waitForFunction(() => !Object.keys(localStorage).some((key) => key.startsWith('holdfast.run.')));
  const { runs } = await server.get(`/v1/threads/${threadOf(page)}/runs`);
  assert.equal(runs.length, 1);
  assert.notEqual(runs[0].delivered_at, null);
});

test('The question is written down before the request goes out', async (t) => {
  const page = await (await user(t)).open(server.base);
  let keptAtPost;
  await page.route('**/v1/threads/*/runs', async (route) => {
    if (route.request().method() === 'POST') keptAtPost = [await keptQuestions(page), route.request().postDataJSON()];
    await route.continue();
  });
  await ask(page, question);
  await waitForAnswer(page);
  const [kept, body] = keptAtPost;
  assert.deepEqual(kept, [`holdfast.run.${body.run_id}`]);
  assert.match(body.run_id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
});

test('The rows are downloaded as CSV', async (t) => {
  const page = await (await user(t)).open(server.base);
  await ask(page, question);
  await waitForAnswer(page);
  const shown = await lastTurn(page).locator('tr').evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText)));
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download CSV' }).click()]);
  assert.match(download.suggestedFilename(), /^holdfast-[0-9a-f-]{36}\.csv$/);
  const text = readFileSync(await download.path(), 'utf8');
  assert.deepEqual(text.replace(/\r\n$/, '').split('\r\n').map((line) => line.split(',')), shown);
});

test('The SQL is copied', async (t) => {
  const page = await (await user(t, { permissions: ['clipboard-read', 'clipboard-write'] })).open(server.base);
  await ask(page, question);
  await waitForAnswer(page);
  await lastTurn(page).getByText('SQL', { exact: true }).click();
  await page.getByRole('button', { name: 'Copy SQL' }).click();
  await page.getByText('Copied').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await lastTurn(page).locator('code').textContent());
});

test('Threads are listed, and each has an address of its own', async (t) => {
  const opened = await user(t);
  const page = await opened.open(server.base);
  // Asked by nobody before: an answer that is there already comes without steps.
  const question = 'What was the life expectancy in Kenya in 1995?';
  await ask(page, question);
  await waitForAnswer(page);
  const first = page.url();
  await page.getByRole('button', { name: 'New thread' }).click();
  assert.notEqual(page.url(), first);
  assert.equal(await page.locator('.turn').count(), 0);
  await ask(page, 'What was the population of Japan in 1995?');
  await waitForAnswer(page);

  await page.getByRole('navigation', { name: 'Threads' }).getByRole('link', { name: question }).first().click();
  await page.getByRole('heading', { name: question }).waitFor();
  const elsewhere = await (await user(t)).open(first);
  assert.equal(await waitForAnswer(elsewhere), await waitForAnswer(page));
  await lastTurn(elsewhere).getByText('Steps', { exact: true }).click();
  await lastTurn(elsewhere).getByText('Running the query').waitFor();
});

test('A question outside the data is answered with what can be asked', async (t) => {
  const page = await (await user(t)).open(server.base);
  await ask(page, 'Why is the sky blue?');
  const said = await waitForAnswer(page);
  assert.equal(await lastTurn(page).locator('tbody tr').count(), 0);
  await lastTurn(page).getByText('Not answered', { exact: true }).waitFor();
  const offered = lastTurn(page).getByRole('list', { name: 'Questions that can be answered' }).getByRole('button');
  assert.equal(await offered.count(), 3);
  for (const text of await offered.allInnerTexts()) assert.ok(!said.includes(text), 'each is offered once');
});

test('What is being typed outlives a reload', async (t) => {
  const page = await (await user(t)).open(server.base);
  await page.getByLabel('Your question').fill('How many countries');
  await page.reload();
  assert.equal(await page.getByLabel('Your question').inputValue(), 'How many countries');
  await ask(page, question);
  await waitForAnswer(page);
  await page.reload();
  await waitForAnswer(page);
  assert.equal(await page.getByLabel('Your question').inputValue(), '');
});

test('Being offline is seen at the end of a long conversation', async (t) => {
  const opened = await user(t);
  const page = await opened.open(server.base);
  for (const next of [question, 'and in France?']) {
    await ask(page, next);
    await lastTurn(page).getByRole('heading', { name: next }).waitFor();
    await waitForAnswer(page);
  }
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await opened.context.setOffline(true);
  const notice = page.getByText('You are offline.');
  await notice.waitFor();
  const box = await notice.boundingBox();
  assert.ok(box.y >= 0 && box.y < 800, `the notice is at ${box.y}`);
  await opened.context.setOffline(false);
});

test('Without a login the console is a link away, also on a phone and by keyboard', async (t) => {
  const page = await (await user(t, { viewport: { width: 360, height: 740 } })).open(server.base);
  await page.getByRole('button', { name: 'Threads' }).click();
  const link = page.getByRole('link', { name: 'Console' });
  await link.focus();
  await page.keyboard.press('Enter');
  await page.locator('#sentence', { hasText: 'All is well.' }).waitFor();
});

test('A question that is too long is not sent', async (t) => {
  const page = await (await user(t)).open(server.base);
  await ask(page, 'x'.repeat(10_001));
  await page.getByText('1 characters too many').waitFor();
  assert.equal(await page.locator('.turn').count(), 0);
});

test('The page and its files are small, compressed, and cached as they should be', async () => {
  const page = await fetch(server.base);
  assert.equal(page.headers.get('cache-control'), 'no-cache');
  assert.match(page.headers.get('content-security-policy'), /default-src 'none'.*frame-ancestors 'none'/);
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(await page.text())[1];
  const sent = await fetch(server.base + script);
  assert.equal(sent.headers.get('content-encoding'), 'gzip');
  assert.match(sent.headers.get('cache-control'), /immutable/);
  assert.ok(Number(sent.headers.get('content-length')) < 130 * 1024);
  const plain = await fetch(server.base + script, { headers: { 'Accept-Encoding': 'identity' } });
  assert.equal(plain.headers.get('content-encoding'), null);
  assert.equal(await plain.text(), await sent.text());
  const again = await fetch(server.base + script, { headers: { 'If-None-Match': sent.headers.get('etag') } });
  assert.equal(again.status, 304);
});
