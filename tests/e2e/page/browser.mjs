// A browser for the tests of one file. A page that logs an error, breaks the content security policy or throws
// fails its test.
import { chromium } from 'playwright-core';

let browser;

export async function openBrowser() {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_BIN ?? '/usr/bin/chromium',
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
      // Letters are drawn the same way everywhere: pictures of the pages are compared.
      '--font-render-hinting=none', '--disable-lcd-text', '--force-color-profile=srgb',
    ],
  });
}

export async function closeBrowser() {
  await browser.close();
}

/** A window of a new user. Close it at the end of the test: `t.after(() => user.close())`. */
export async function newUser(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options });
  context.setDefaultTimeout(15_000);
  const complaints = [];
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => {
    // A request that fails is what many of these tests are about; the browser logs each.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text());
  });
  return {
    context,
    complaints,
    async open(url) {
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
    close: () => context.close(),
  };
}

/** Types the question and sends it, as a user does: the focus is in the box. */
export async function ask(page, question) {
  await page.getByLabel('Your question').fill(question);
  await page.keyboard.press('Enter');
}

/** The newest question and what became of it. */
export function lastTurn(page) {
  return page.locator('.turn').last();
}

export async function waitForAnswer(page) {
  await lastTurn(page).locator('p.answer:not(.partial)').waitFor();
  return lastTurn(page).locator('p.answer').innerText();
}

/** At least `n` steps are shown while the run goes on. */
export async function waitForStep(page, n) {
  await lastTurn(page).locator(`.steps > li:nth-child(${n})`).waitFor();
}

export function keptQuestions(page) {
  return page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('holdfast.run.')));
}

export function threadOf(page) {
  return decodeURIComponent(new URL(page.url()).hash.replace('#/threads/', ''));
}
