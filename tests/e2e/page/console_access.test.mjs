// The operator console for everybody: axe in both themes and every state, the keyboard, a phone, its size.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertAccessible, assertFits } from './accessible.mjs';
import { closeBrowser, newUser, openBrowser } from './browser.mjs';
import { answered, leakyServer, says, shortOfMemory } from './operator.mjs';

const kMostBytes = 150 * 1024;
let server;

before(async () => {
  await openBrowser();
  server = await leakyServer().start();
  for (let i = 0; i < 3; i++) await answered(server.base, `A question with a rather long text, to be shown in a narrow place: number ${i}`, { alloc_mb: 60, retain_mb: i === 1 ? 70 : 1 });
  await shortOfMemory(server, 200_000);
});
after(async () => {
  await closeBrowser();
  await server.stop();
});

for (const colorScheme of ['light', 'dark']) {
  for (const viewport of [{ width: 1280, height: 900 }, { width: 390, height: 844 }, { width: 320, height: 640 }]) {
    test(`Every state of the console is accessible and fits: ${colorScheme}, ${viewport.width} px`, async (t) => {
      const user = await newUser({ colorScheme, viewport, reducedMotion: 'reduce' });
      t.after(() => user.close());
      const page = await user.open(`${server.base}/console`);
      const check = async (state) => {
        await assertAccessible(page, state);
        await assertFits(page, state);
      };
      await says(page, 'Memory is critical');
      await page.locator('#runs').getByText(/needs \d+ MB/).waitFor();
      await check('critical, with a run that waits');
      for (const summary of await page.locator('summary').all()) await summary.click();
      await check('everything unfolded');
      await page.getByRole('button', { name: /^Cancel/ }).first().click();
      await check('asked whether to cancel');
      await page.keyboard.press('Escape');
      await page.locator('#outcomes .strip button').first().click();
      await page.getByRole('dialog').getByText('the answer is in the journal').waitFor();
      await check('timeline');
      assert.deepEqual(user.complaints, []);
    });
  }
}

test('Everything can be done by keyboard, and the focus stays where it was', async (t) => {
  const user = await newUser();
  t.after(() => user.close());
  const page = await user.open(`${server.base}/console`);
  await says(page, 'Memory is critical');
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  const tabTo = async (name) => {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab');
      if ((await focused()).startsWith(name)) return;
    }
    assert.fail(`${name} cannot be reached by Tab`);
  };
  await tabTo('To the runs');
  await page.keyboard.press('Enter');
  await tabTo('Which regions grew fastest');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Which regions grew fastest' });
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  assert.match(await focused(), /^Which regions grew fastest/, 'where the dialog was opened');
  await tabTo('Cancel');
  await page.keyboard.press('Enter');
  assert.equal(await focused(), 'Cancel it');
  await page.keyboard.press('Escape');
  assert.match(await focused(), /^Cancel/, 'the question whether to cancel gives the focus back');
  await page.getByRole('radio', { name: '15 min' }).focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.getByRole('radio', { name: '30 min' }).isChecked(), true);
});

test('With reduced motion nothing moves', async (t) => {
  const user = await newUser({ reducedMotion: 'reduce' });
  t.after(() => user.close());
  const page = await user.open(`${server.base}/console`);
  await says(page, 'Memory is critical');
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
});

test('All files of the console together are small', async () => {
  const page = await fetch(`${server.base}/console`, { headers: { 'Accept-Encoding': 'gzip' } });
  const html = await page.text();
  const files = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  assert.ok(files.some((path) => path.endsWith('.js')) && files.some((path) => path.endsWith('.css')), html);
  let bytes = Number(page.headers.get('content-length'));
  const seen = new Set();
  // A module names those it loads.
  while (files.length > 0) {
    const path = files.pop();
    if (seen.has(path)) continue;
    seen.add(path);
    const response = await fetch(server.base + path, { headers: { 'Accept-Encoding': 'gzip' } });
    assert.equal(response.status, 200, path);
    bytes += Number(response.headers.get('content-length'));
    const text = await response.text();
    if (path.endsWith('.js')) for (const [, name] of text.matchAll(/["'](?:\.\/|\/assets\/)([\w.-]+\.(?:js|css))["']/g)) files.push(`/assets/${name}`);
  }
  assert.ok(bytes > 0 && bytes <= kMostBytes, `${bytes} bytes of ${kMostBytes}: ${[...seen].join(' ')}`);
});
