// A server with a login: the page asks once, and loses nothing over it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server } from '../../support/server.mjs';
import { ask, closeBrowser, keptQuestions, lastTurn, newUser, openBrowser, waitForAnswer } from './browser.mjs';

const question = 'What was the life expectancy in Japan in 1995?';
let server;
let key;

before(async () => {
  await openBrowser();
  server = new Server([], { HOLDFAST_AUTH: 'api-key' });
  key = server.addKey('ada');
  await server.start();
});
after(async () => {
  await closeBrowser();
  await server.stop();
});

async function user(t) {
  const opened = await newUser();
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

test('A question asked before signing in is sent afterwards', async (t) => {
  const page = await (await user(t)).open(server.base);
  await page.getByText('This server asks who you are.').waitFor();
  await ask(page, question);
  await lastTurn(page).getByText('Sign in above').waitFor();
  assert.equal((await keptQuestions(page)).length, 1);
  await signIn(page, key);
  assert.match(await waitForAnswer(page), /Japan/);
});

test('Signing out forgets the user', async (t) => {
  const page = await (await user(t)).open(server.base);
  await signIn(page, key);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('This server asks who you are.').waitFor();
  assert.equal(await page.evaluate(() => localStorage.getItem('holdfast.token')), null);
});
