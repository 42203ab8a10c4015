// A server with a login: the page asks once, and loses nothing over it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server } from '../../support/server.mjs';
import { assertAccessible, assertFits } from './accessible.mjs';
import { ask, closeBrowser, keptQuestions, lastTurn, newUser, openBrowser, waitForAnswer } from './browser.mjs';

const question = 'What was the life expectancy in Japan in 1995?';
let server;
let key;
let adminKey;

before(async () => {
  await openBrowser();
  server = new Server([], { HOLDFAST_AUTH: 'api-key', HOLDFAST_ADMINS: 'root' });
  key = server.addKey('ada');
  adminKey = server.addKey('root');
  await server.start();
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

async function signIn(page, token) {
  await page.getByLabel('Enter your key or token').fill(token);
  await page.keyboard.press('Enter');
}

test('The page asks for a key, says when it is wrong, and goes on with the right one', async (t) => {
  const opened = await user(t);
  const page = await opened.open(server.base);
  await page.getByText('This server asks who you are.').waitFor();
  await signIn(page, 'hf_wrong');
  await page.getByText('Your key is not taken').waitFor();
  await signIn(page, key);
  await page.getByRole('button', { name: question }).waitFor();
  await ask(page, question);
  assert.match(await waitForAnswer(page), /Japan/);
  // The browser keeps the key: a reload asks nothing.
  await page.reload();
  await page.getByRole('heading', { name: question }).waitFor();
  assert.equal(await page.getByLabel('Enter your key or token').count(), 0);
});

for (const colorScheme of ['light', 'dark']) {
  for (const [name, path] of [['chat page', '/'], ['console', '/console']]) {
    test(`The ${name} asks in a way that is accessible and fits: ${colorScheme}`, async (t) => {
      const page = await (await user(t, { colorScheme, viewport: { width: 360, height: 740 } })).open(server.base + path);
      for (const said of ['This server asks who you are.', 'Your key is not taken']) {
        await page.getByText(said).waitFor();
        await assertAccessible(page, said);
        await assertFits(page, said);
        if (said.startsWith('This')) await signIn(page, 'hf_wrong');
      }
    });
  }
}

test('A question asked before signing in is sent afterwards', async (t) => {
  const page = await (await user(t)).open(server.base);
  await page.getByText('This server asks who you are.').waitFor();
  await ask(page, question);
  await lastTurn(page).getByText('Sign in above').waitFor();
  assert.equal((await keptQuestions(page)).length, 1);
  await signIn(page, key);
  assert.match(await waitForAnswer(page), /Japan/);
});

test('The console is a link away for whoever is known: their own runs, or everything', async (t) => {
  for (const [token, sentence] of [[key, 'None of your runs is under way.'], [adminKey, 'All is well.']]) {
    const page = await (await user(t)).open(server.base);
    await page.getByText('This server asks who you are.').waitFor();
    assert.equal(await page.getByRole('link', { name: 'Console' }).count(), 0);
    await signIn(page, token);
    await page.getByRole('link', { name: 'Console' }).click();
    // The key goes along: the console does not ask again.
    await page.locator('#sentence', { hasText: sentence }).waitFor();
    await page.getByRole('link', { name: 'Ask a question' }).click();
    await page.getByRole('link', { name: 'Console' }).waitFor();
  }
});

test('Signing out forgets the user', async (t) => {
  const page = await (await user(t)).open(server.base);
  await signIn(page, key);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('This server asks who you are.').waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem('holdfast.token')), null);
});
