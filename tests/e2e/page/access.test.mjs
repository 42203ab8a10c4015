// Readable for everybody: axe in both colour schemes and all states, a narrow screen.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server, slowWorker } from '../../support/server.mjs';
import { assertAccessible, assertFits } from './accessible.mjs';
import { ask, closeBrowser, lastTurn, newUser, openBrowser, waitForAnswer, waitForStep } from './browser.mjs';

let server;

before(async () => {
  await openBrowser();
  server = await new Server(slowWorker('250ms')).start();
});
after(async () => {
  await closeBrowser();
  await server.stop();
});

for (const colorScheme of ['light', 'dark']) {
  for (const viewport of [{ width: 1100, height: 800 }, { width: 360, height: 740 }]) {
    test(`Every state is accessible and fits: ${colorScheme}, ${viewport.width} px`, async (t) => {
      const user = await newUser({ colorScheme, viewport });
      t.after(() => user.close());
      const page = await user.open(server.base);
      const check = async (state) => {
        await assertAccessible(page, state);
        await assertFits(page, state);
      };
      await page.locator('#question:focus').waitFor();
      await check('empty');
      await ask(page, 'What was the life expectancy in Japan in 1995?');
      await waitForStep(page, 2);
      await check('under way');
      await waitForAnswer(page);
      await lastTurn(page).locator('summary').first().click();
      await lastTurn(page).getByText('SQL', { exact: true }).click();
      await check('answered');
      await ask(page, 'Life expectancy and population of all countries in 2000 with a wide table');
      await waitForStep(page, 1);
      await page.keyboard.press('Alt+.');
      await lastTurn(page).getByText('Stopped').waitFor();
      await check('stopped');
      await page.keyboard.press('Alt+/');
      await check('list of keys');
      await page.keyboard.press('Escape');
      if (viewport.width < 500) {
        await page.getByRole('button', { name: 'Threads' }).click();
        await page.getByRole('navigation', { name: 'Threads' }).waitFor();
        await check('threads');
        await page.getByRole('navigation', { name: 'Threads' }).getByRole('link').first().click();
        await page.getByRole('navigation', { name: 'Threads' }).waitFor({ state: 'hidden' });
      }
      await user.context.setOffline(true);
      await page.getByText('You are offline.').waitFor();
      await check('offline');
      assert.deepEqual(user.complaints, []);
    });
  }
}

test('With reduced motion nothing moves', async (t) => {
  const user = await newUser({ reducedMotion: 'reduce' });
  t.after(() => user.close());
  const page = await user.open(server.base);
  await ask(page, 'What was the life expectancy in Japan in 1995?');
  await waitForStep(page, 1);
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
});
