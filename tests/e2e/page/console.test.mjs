// The operator console in a real browser, on a real server with workers that leak, wait and die.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server, slowWorker } from '../../support/server.mjs';
import { assertAccessible } from './accessible.mjs';
import { closeBrowser, newUser, openBrowser } from './browser.mjs';
import { acknowledge, answered, ended, leakyServer, says, shortOfMemory, startRun } from './operator.mjs';

before(openBrowser);
after(closeBrowser);

async function started(t, server) {
  await server.start();
  t.after(() => server.stop());
  return server;
}

async function openConsole(t, server, options = {}) {
  const user = await newUser(options);
  t.after(async () => {
    await user.close();
    assert.deepEqual(user.complaints, []);
  });
  const page = await user.open(`${server.base}/console`);
  return { user, page };
}

function panel(page, name) {
  return page.getByRole('region', { name, exact: true });
}

/** A row of the runs under way. */
function row(page, question) {
  return panel(page, 'Runs').getByRole('row', { name: question });
}

test('A server in which all is well says so, and shows its history to a console that is opened later', async (t) => {
  const server = await started(t, leakyServer());
  await answered(server.base, 'How many?', { alloc_mb: 5, retain_mb: 0 });
  // Two samples are taken before anybody looks.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const { page } = await openConsole(t, server);
  await says(page, 'All is well.');
  await page.getByText(/Nothing is running, none waiting, memory at \d+ % of 512 MB\./).waitFor();
  await page.getByText('What happened, and memory by the minute, as tables').click();
  await page.getByRole('cell', { name: 'The server started' }).waitFor();
  const minutes = page.getByRole('region', { name: 'Memory by the minute' });
  assert.match(await minutes.getByRole('row').nth(1).innerText(), /\d\d:\d\d\s+[\d.]+ MB/);
  assert.match(await page.getByRole('img', { name: /^Memory of the last 15 minutes/ }).getAttribute('aria-label'), /now \d+ of 512 MB/);
});

test('The panels come in the order in which an operator asks, and each shows what the server says elsewhere', async (t) => {
  const server = await started(t, leakyServer());
  const first = await answered(server.base, 'Leaves little behind', { alloc_mb: 30, retain_mb: 1 });
  await answered(server.base, 'Leaves much behind', { alloc_mb: 80, retain_mb: 70 });
  await acknowledge(server.base, first.run_id);
  const { user, page } = await openConsole(t, server);
  const asked = [];
  user.context.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.reload();
  await says(page, 'All is well.');
  const headings = await page.locator('main h2').allInnerTexts();
  assert.deepEqual(headings.map((text) => text.replace(/^Good:\s*/, '')), [
    'All is well.', 'Memory', 'Runs', 'Undelivered answers', 'Outcomes', 'Memory kept per analysis', 'Workers', 'Relief', 'Database', 'Settings in force',
  ]);

  await panel(page, 'Undelivered answers').locator('dd').first().getByText(/^1(?!\d)/).waitFor();
  const outcomes = panel(page, 'Outcomes').getByRole('button');
  assert.deepEqual((await outcomes.allInnerTexts()).map((text) => text.split(':')[0]), ['Leaves much behind', 'Leaves little behind']);

  const kept = panel(page, 'Memory kept per analysis');
  const route = kept.getByRole('row', { name: 'POST /analyze' });
  assert.match(await route.innerText(), /not known yet/, 'two runs are no verdict');
  await kept.getByText('kept over 50 MB').waitFor();

  const { bands, workers } = await server.get('/health/memory');
  assert.ok(bands && workers.length === 2);
  const places = panel(page, 'Workers');
  for (const { pid } of workers) await places.getByText(String(pid)).waitFor();
  assert.match(await places.getByRole('row').nth(1).innerText(), /live [\d.]+ MB/);

  const actions = panel(page, 'Relief').getByRole('region', { name: 'Relief actions' }).getByRole('row');
  assert.ok((await actions.count()) > 2, 'a row for each action');
  await panel(page, 'Database').getByText('SQLite file').waitFor();
  await panel(page, 'Database').getByText('healthy').waitFor();
  assert.deepEqual(asked.filter((path) => !/^\/(console$|assets\/)/.test(path)), ['/v1/operations/events'], 'one stream tells everything');
});

test('The sentence changes when memory turns critical, once aloud, and a waiting run says what it needs', async (t) => {
  const server = await started(t, leakyServer());
  const { page } = await openConsole(t, server);
  await says(page, 'All is well.');
  await page.evaluate(() => {
    window.said = [];
    const live = document.querySelector('.sentence [role=status]');
    new MutationObserver(() => window.said.push(live.textContent)).observe(live, { childList: true, characterData: true, subtree: true });
  });
  const { holds, waits } = await shortOfMemory(server, 12_000);
  await says(page, /Memory is critical: \d+ of 512 MB\.$/);
  const waiting = row(page, 'What did a household spend on energy in 2020?');
  await waiting.getByText('waiting').waitFor();
  assert.match(await waiting.innerText(), /memory[\s\S]*[\d.]+ MB free[\s\S]*needs \d+ MB/);
  const holding = row(page, 'Which regions grew fastest since 1990, and why?');
  assert.match(await holding.innerText(), /running[\s\S]*\d{3} MB[\s\S]*of \d+ MB expected/);
  for (const id of [holds, waits]) assert.equal((await ended(server.base, id)).status, 'completed');
  await page.locator('.sentence:not(.bad)').waitFor();
  const said = await page.evaluate(() => window.said);
  assert.equal(said.filter((words) => words.startsWith('Memory is critical')).length, 1, said.join('\n'));
});

test('A worker that is replaced, memory that is given back and a restart are marks in the graph', async (t) => {
  const server = await started(t, leakyServer());
  const { page } = await openConsole(t, server);
  const marks = page.getByRole('list', { name: 'Marks in the graph' });
  await marks.getByText('server started').waitFor();
  for (let i = 0; i < 3; i++) await answered(server.base, `Leak ${i}`, { retain_mb: 309 });
  await marks.getByText('worker replaced').waitFor();
  await marks.getByText('memory given back').waitFor();
  await page.getByText('What happened, and memory by the minute, as tables').click();
  await page.getByRole('cell', { name: /^Worker \d replaced|^Worker \d retired/ }).first().waitFor();
  await page.getByRole('cell', { name: /^Gave back [\d.]+ MB in / }).first().waitFor();
  await panel(page, 'Memory kept per analysis').getByText('kept over 50 MB').waitFor();
});

test('The stream comes back after the server was killed and started again, with what was seen before', async (t) => {
  const server = await started(t, leakyServer());
  const { page } = await openConsole(t, server);
  await says(page, 'All is well.');
  const before = await page.getByRole('list', { name: 'Marks in the graph' }).innerText();
  assert.match(before, /server started\s*1/);
  await server.kill();
  await says(page, 'No connection to the server.', { timeout: 30_000 });
  assert.equal(await page.title(), '(!) Holdfast console');
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await assertAccessible(page, `without connection, ${colorScheme}`);
  }
  await server.start();
  await says(page, 'All is well.', { timeout: 30_000 });
  await page.locator('.legend .start b', { hasText: '2' }).waitFor();
});

test('What a run went through is told step by step, while it goes on', async (t) => {
  const server = await started(t, new Server(slowWorker('400ms')));
  const { page } = await openConsole(t, server);
  const id = await startRun(server.base, 'What was the life expectancy in Japan in 1995?');
  const run = row(page, 'What was the life expectancy in Japan in 1995?');
  await run.getByText(/^step \d: /).waitFor();
  await run.getByRole('button', { name: 'What was the life expectancy in Japan in 1995?', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'What was the life expectancy in Japan in 1995?' });
  await dialog.getByText('written to the journal').waitFor();
  await dialog.getByText('the answer is in the journal').waitFor();
  assert.match(page.url(), new RegExp(`#/runs/${id}$`));
  await acknowledge(server.base, id);
  await dialog.getByText('the client has acknowledged it').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  assert.doesNotMatch(page.url(), /#/);
});

test('An administrator gives memory back and clears the cache, and reads what came of it', async (t) => {
  const server = await started(t, new Server());
  await answered(server.base, 'What was the life expectancy in Japan in 1995?');
  const { page } = await openConsole(t, server);
  await page.getByRole('button', { name: 'Relieve now' }).click();
  await page.getByText(/^Gave back [\d.]+ MB in \d+ ms\.$|^Gave back [\d.]+ MB in [\d.]+ s\.$/).waitFor();
  await page.getByRole('button', { name: 'Clear cache' }).click();
  await page.getByText(/^Forgot [01] answers?: /).waitFor();
});

test('A run is stopped only by who is sure', async (t) => {
  const server = await started(t, new Server(slowWorker('1500ms')));
  const { page } = await openConsole(t, server);
  const id = await startRun(server.base, 'Which 5 movies had the highest worldwide gross?');
  const run = row(page, 'Which 5 movies');
  await run.getByRole('button', { name: /^Cancel/ }).click();
  await page.keyboard.press('Escape');
  await run.getByRole('button', { name: /^Cancel/ }).click();
  await run.getByRole('button', { name: 'Cancel it' }).click();
  assert.equal((await ended(server.base, id)).status, 'cancelled');
  await page.getByRole('button', { name: /^Which 5 movies.*: cancelled/ }).waitFor();
});

test('With a login everybody sees their own runs, and administrators all of them', async (t) => {
  const server = leakyServer({ environment: { HOLDFAST_AUTH: 'api-key', HOLDFAST_ADMINS: 'root' } });
  const keys = Object.fromEntries(['ada', 'bob', 'root'].map((name) => [name, server.addKey(name)]));
  await started(t, server);
  await answered(server.base, 'A secret of ada', { alloc_mb: 2, retain_mb: 0 }, { key: keys.ada });
  const bobs = await startRun(server.base, 'A secret of bob', { alloc_mb: 2, hold_ms: 60_000 }, { key: keys.bob });
  const signIn = async (key) => {
    const { page } = await openConsole(t, server);
    await page.getByText('This server asks who you are.').waitFor();
    await page.getByLabel('Enter your key or token').fill(key);
    await page.keyboard.press('Enter');
    return page;
  };
  const wrong = await signIn('hf_wrong');
  await wrong.getByText('Your key is not taken.').waitFor();
  const ada = await signIn(keys.ada);
  await says(ada, 'None of your runs is under way.');
  await ada.getByRole('button', { name: /^A secret of ada: completed/ }).waitFor();
  assert.doesNotMatch(await ada.content(), /secret of bob/);
  for (const hidden of ['Memory', 'Workers', 'Settings in force', 'Database']) assert.equal(await panel(ada, hidden).count(), 0, hidden);
  const root = await signIn(keys.root);
  const run = row(root, 'A secret of bob');
  assert.match(await run.innerText(), /bob/);
  await run.getByRole('button', { name: /^Cancel/ }).click();
  await run.getByRole('button', { name: 'Cancel it' }).click();
  assert.equal((await ended(server.base, bobs, keys.bob)).status, 'cancelled');
  await root.getByRole('button', { name: 'Sign out' }).click();
  await root.getByText('This server asks who you are.').waitFor();
});

test('The settings in force are told without their secrets', async (t) => {
  const server = await started(t, new Server(['--database', 'postgresql://holdfast:hunter2@127.0.0.1:1/nowhere']));
  const { page } = await openConsole(t, server);
  await says(page, 'The database is away; nothing is lost.');
  await panel(page, 'Settings in force').getByText('Show them').click();
  await page.getByLabel('Find').fill('database.url');
  await page.getByText('postgresql://holdfast:***@127.0.0.1:1/nowhere').waitFor();
  assert.doesNotMatch(await page.content(), /hunter2/);
  await page.getByText('Not known while the database is away.').waitFor();
});
