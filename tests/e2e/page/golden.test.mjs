// The pictures of the documentation are what the pages look like, and would be seen to be old.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Server } from '../../support/server.mjs';
import { closeBrowser, openBrowser } from './browser.mjs';
import { compare, kMost, kSquare } from './golden/compare.mjs';
import { images, pictures, take } from './golden/pictures.mjs';

/** What a failure leaves behind. */
const differences = new URL('golden/differences/', import.meta.url);
let server;

before(async () => {
  rmSync(differences, { recursive: true, force: true });
  await openBrowser();
  server = await new Server().start();
});
after(async () => {
  await closeBrowser();
  await server.stop();
});

const golden = (name) => readFileSync(new URL(`${name}.png`, images));
const named = (name) => pictures.find((picture) => picture.name === name);

for (const picture of pictures) {
  test(`docs/images/${picture.name}.png shows the page as it is`, async () => {
    const now = await take(server.base, picture);
    const found = compare(golden(picture.name), now);
    if (found.apart <= kMost) return;
    mkdirSync(differences, { recursive: true });
    const written = (kind, bytes) => {
      const file = new URL(`${picture.name}-${kind}.png`, differences);
      writeFileSync(file, bytes);
      return fileURLToPath(file);
    };
    assert.fail(`${picture.name}: ${found.apart} pixels are off in one square of ${kSquare} (${kMost} may be).
What differs: ${written('differs', found.picture)}
As it is now: ${written('now', now)}
If that is right: npm --prefix tests/e2e/page run pictures`);
  });
}

/** What must not pass for letters that are drawn otherwise. */
const mutations = {
  'a panel is missing': ['console-light', () => document.querySelector('#memory .legend').remove()],
  'a row is missing': ['console-critical', () => document.querySelector('.runs tbody tr:last-child').remove()],
  'a column has moved': ['page-answer-light', () => (document.querySelector('td:last-child').style.paddingRight = '24px')],
  'a panel has moved by 3 pixels': ['console-light', () => (document.querySelector('#memory').style.marginLeft = '3px')],
  'one digit is another': ['page-answer-light', () => (document.querySelector('td:last-child').textContent = '80.94')],
  'one colour has the value of the other theme': ['console-dark', () => document.documentElement.style.setProperty('--bad-tint', '#fbe9e7')],
  'the sentence is green instead of red': ['console-critical', () => document.querySelector('.sentence').classList.replace('bad', 'good')],
  'a link has lost its line': ['page-phone', () => (document.querySelector('figcaption button').style.textDecoration = 'none')],
  'letters are of another font': ['page-answer-light', () => document.documentElement.style.setProperty('font-family', 'DejaVu Sans', 'important')],
};
for (const [what, [name, change]] of Object.entries(mutations)) {
  test(`It would be seen that ${what}`, async () => {
    const { apart } = compare(golden(name), await take(server.base, named(name), (page) => page.evaluate(change)));
    assert.ok(apart > kMost, `${apart} pixels are off in one square, ${kMost} may be`);
  });
}

test('The wrong theme would be seen', async () => {
  assert.ok(compare(golden('console-dark'), golden('console-critical')).apart > kMost);
});
