// npm run pictures: takes the pictures of the documentation anew. Look at them before they are committed.
import { writeFileSync } from 'node:fs';
import { Server } from '../../../support/server.mjs';
import { closeBrowser, openBrowser } from '../browser.mjs';
import { images, pictures, take } from './pictures.mjs';

const server = await new Server().start();
await openBrowser();
try {
  for (const picture of pictures) writeFileSync(new URL(`${picture.name}.png`, images), await take(server.base, picture));
} finally {
  await closeBrowser();
  await server.stop();
}
