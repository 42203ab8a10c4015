// npm run screenshots: the pictures of the documentation, taken of the real page.
import { fileURLToPath } from 'node:url';
import { Server } from '../../support/server.mjs';
import { ask, closeBrowser, lastTurn, newUser, openBrowser, waitForAnswer } from './browser.mjs';

const images = new URL('../../../docs/images/', import.meta.url);
const pictures = [
  ['page-answer-light.png', { colorScheme: 'light', viewport: { width: 1200, height: 860 } }],
  ['page-answer-dark.png', { colorScheme: 'dark', viewport: { width: 1200, height: 860 } }],
  ['page-phone.png', { colorScheme: 'light', viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }],
];

const server = await new Server().start();
await openBrowser();
for (const question of ['How many people died in earthquakes between 2000 and 2010?', 'Which 5 movies had the highest worldwide gross?']) {
  const body = JSON.stringify({ prompt: question, thread_id: question });
  await fetch(`${server.base}/analyze`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
}
for (const [name, options] of pictures) {
  const user = await newUser({ ...options, reducedMotion: 'reduce' });
  const page = await user.open(`${server.base}/#/threads/japan`);
  if (pictures[0][0] === name) await ask(page, 'What was the life expectancy in Japan in 1995?');
  await waitForAnswer(page);
  await lastTurn(page).getByText('SQL', { exact: true }).click();
  await page.mouse.move(0, 0);
  await page.waitForTimeout(300);
  await page.screenshot({ path: fileURLToPath(new URL(name, images)) });
  await user.close();
}
await closeBrowser();
await server.stop();
