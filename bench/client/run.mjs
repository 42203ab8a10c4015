// bench/run-client
import { parseArgs } from 'node:util';
import { closeBrowser, openBrowser } from '../../tests/e2e/page/browser.mjs';
import { measureRestart } from './restart.mjs';
import { measureWaiting } from './waiting.mjs';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '10' }, seconds: { type: 'string', default: '60' }, only: { type: 'string' } },
});

await openBrowser();
try {
  if (values.only !== 'waiting') await measureRestart(Number(values.rounds));
  if (values.only !== 'restart') await measureWaiting(Number(values.seconds));
} finally {
  await closeBrowser();
}
