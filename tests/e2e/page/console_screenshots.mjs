// npm run console-screenshots: the pictures of the console in the documentation, taken of the real console on a real
// server with workers that leak.
import { fileURLToPath } from 'node:url';
import { Server } from '../../support/server.mjs';
import { closeBrowser, newUser, openBrowser } from './browser.mjs';
import { acknowledge, answered, leakyServer, says, shortOfMemory, startRun } from './operator.mjs';

const images = new URL('../../../docs/images/', import.meta.url);
const wide = { viewport: { width: 1240, height: 940 } };

async function picture(name, base, options, prepare) {
  const user = await newUser({ ...options, reducedMotion: 'reduce' });
  const page = await user.open(`${base}/console`);
  await prepare(page);
  await page.mouse.move(0, 0);
  await page.waitForTimeout(3000);
  await page.screenshot({ path: fileURLToPath(new URL(name, images)) });
  await user.close();
}

const questions = [
  'How many people live in each region?', 'Which regions grew fastest since 1990?', 'Average wages by sector, last ten years',
  'What did a household spend on energy in 2020?', 'Births and deaths by month', 'Which towns lost most inhabitants?',
];

/** A quarter of an hour is not waited for: a minute of work that comes and goes. */
async function work(server) {
  for (let i = 0; i < 14; i++) {
    const leaky = { alloc_mb: 40 + 30 * (i % 4), alloc_mb_s: 100, retain_mb: i % 3, hold_ms: 2000 };
    const [run] = await Promise.all([answered(server.base, questions[i % questions.length], leaky), i % 3 === 0 && answered(server.base, questions[(i + 1) % questions.length], { alloc_mb: 25, retain_mb: 1, hold_ms: 1200 })]);
    if (i !== 9) await acknowledge(server.base, run.run_id);
  }
}

await openBrowser();
const server = await leakyServer({ places: 3 }).start();
try {
  await work(server);
  await startRun(server.base, questions[3], { alloc_mb: 60, alloc_mb_s: 100, retain_mb: 2, hold_ms: 15_000 });
  await picture('console-light.png', server.base, { ...wide, colorScheme: 'light' }, (page) => says(page, 'All is well.'));
  for (let i = 0; i < 4; i++) await answered(server.base, questions[i], { retain_mb: 80 + 20 * i, alloc_mb: 150, alloc_mb_s: 400 });
  await shortOfMemory(server, 60_000);
  for (const [name, options] of [
    ['console-critical.png', { ...wide, colorScheme: 'light' }],
    ['console-dark.png', { ...wide, colorScheme: 'dark' }],
    ['console-phone.png', { colorScheme: 'light', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
  ]) await picture(name, server.base, options, (page) => says(page, 'Memory is critical'));
} finally {
  await server.stop();
}

// The timeline is of the built-in worker, which tells of its steps.
const steps = await new Server().start();
try {
  const run = await answered(steps.base, 'Which 5 movies had the highest worldwide gross?');
  await acknowledge(steps.base, run.run_id);
  await picture('console-run.png', steps.base, { ...wide, colorScheme: 'light' }, async (page) => {
    await page.getByRole('button', { name: /^Which 5 movies/ }).first().click();
    await page.getByRole('dialog').getByText('the client has acknowledged it').waitFor();
  });
} finally {
  await steps.stop();
  await closeBrowser();
}
