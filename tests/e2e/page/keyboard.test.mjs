// Without a mouse.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server, slowWorker } from '../../support/server.mjs';
import { closeBrowser, lastTurn, newUser, openBrowser, threadOf, waitForAnswer, waitForStep } from './browser.mjs';

const question = 'What was the life expectancy in Japan in 1995?';
let server;

before(async () => {
  await openBrowser();
  server = await new Server(slowWorker('200ms')).start();
});
after(async () => {
  await closeBrowser();
  await server.stop();
});

async function openPage(t) {
  const user = await newUser();
  t.after(async () => {
    await user.close();
    assert.deepEqual(user.complaints, []);
  });
  const page = await user.open(server.base);
  await page.locator('#question:focus').waitFor();
  return page;
}

const focused = (page) => page.evaluate(() => document.activeElement?.textContent || document.activeElement?.id);

test('Ask, read, follow up: keys alone', async (t) => {
  const page = await openPage(t);
  await page.keyboard.type('What was the life expectancy');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('in Japan in 1995?');
  assert.equal(await page.getByLabel('Your question').inputValue(), question.replace('expectancy ', 'expectancy\n'));
  await page.keyboard.press('Enter');
  await waitForAnswer(page);
  assert.equal(await focused(page), 'question');

  // Backwards from the box: follow-ups, then SQL, rows, steps.
  await page.keyboard.press('Shift+Tab');
  const followUp = await focused(page);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: followUp }).waitFor();
  await page.locator('#question:focus').waitFor();
});

test('The first link of the page skips to the question', async (t) => {
  const page = await openPage(t);
  await page.getByRole('button', { name: 'New thread' }).focus();
  await page.keyboard.press('Shift+Tab');
  assert.equal(await focused(page), 'Skip to the question');
  await page.keyboard.press('Enter');
  await page.locator('#question:focus').waitFor();
});

test('Arrow up brings the last question back, Escape returns to the box, Alt N begins a thread', async (t) => {
  const page = await openPage(t);
  await page.keyboard.type(question);
  await page.keyboard.press('Enter');
  await waitForAnswer(page);
  await page.keyboard.press('ArrowUp');
  assert.equal(await page.getByLabel('Your question').inputValue(), question);
  await page.getByText('SQL', { exact: true }).focus();
  await page.keyboard.press('Escape');
  await page.locator('#question:focus').waitFor();
  const before = page.url();
  await page.keyboard.press('Alt+n');
  assert.notEqual(page.url(), before);
  assert.equal(await page.locator('.turn').count(), 0);
});

test('Alt and full stop ends the question under way; it can be asked again', async (t) => {
  const page = await openPage(t);
  await page.keyboard.type(question);
  await page.keyboard.press('Enter');
  await waitForStep(page, 2);
  await page.keyboard.press('Alt+.');
  await lastTurn(page).getByText('Stopped').waitFor();
  const { runs } = await server.get(`/v1/threads/${threadOf(page)}/runs`);
  assert.deepEqual(runs.map((run) => run.status), ['cancelled']);
  await page.getByRole('button', { name: 'Ask again' }).press('Enter');
  assert.match(await waitForAnswer(page), /Japan/);
});

test('The focus never falls off the page: after Stop, and after all rows are shown', async (t) => {
  const page = await openPage(t);
  await page.keyboard.type(question);
  await page.keyboard.press('Enter');
  await waitForStep(page, 1);
  await page.getByRole('button', { name: 'Stop' }).press('Enter');
  await lastTurn(page).getByText('Stopped').waitFor();
  assert.equal(await focused(page), 'question');
  await page.keyboard.type('average imdb rating by director');
  await page.keyboard.press('Enter');
  await waitForAnswer(page);
  await page.getByRole('button', { name: /^Show / }).press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Rows');
});

test('The list of keys opens and closes by keys', async (t) => {
  const page = await openPage(t);
  await page.keyboard.press('Alt+/');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
});

test('Screen readers hear the state and the answer once, not each step', async (t) => {
  const page = await openPage(t);
  await page.evaluate(() => {
    window.heard = [];
    const region = [...document.querySelectorAll('[role=status]')].find((element) => element.matches('.unseen'));
    new MutationObserver(() => window.heard.push(region.textContent)).observe(region, { childList: true, characterData: true, subtree: true });
  });
  await page.keyboard.type(question);
  await page.keyboard.press('Enter');
  const answer = await waitForAnswer(page);
  await page.waitForFunction((text) => window.heard.includes(`Answer: ${text}`), answer);
  const heard = await page.evaluate(() => window.heard);
  assert.ok(heard.includes('Working'), heard.join('; '));
  assert.ok(heard.length <= 4, heard.join('; '));
});
