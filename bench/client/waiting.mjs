// What a page that waits for an answer sends and receives, with every time as it is by default.
import { setTimeout as pause } from 'node:timers/promises';
import { World } from '../../tests/e2e/delivery/world.mjs';
import { ask, lastTurn, newUser } from '../../tests/e2e/page/browser.mjs';
import { CountingLine } from './counting_line.mjs';

const states = {
  'worked on, event stream': {},
  'worked on, streams held back: long poll': { holdStreams: true },
  'worked on, in a hidden tab': { hide: true },
  'in line, event stream': { queued: true },
};

/** Opens a page that waits in this state, lets it settle, and counts. */
async function watch(world, seconds, { hide, holdStreams }) {
  const line = await CountingLine.open(world.port, { holdStreams });
  const user = await newUser();
  try {
    const page = await user.open(`http://127.0.0.1:${line.port}`);
    await ask(page, 'q');
    await lastTurn(page).waitFor();
    if (hide) {
      await page.evaluate(() => {
        Object.defineProperty(document, 'visibilityState', { value: 'hidden' });
        document.dispatchEvent(new Event('visibilitychange'));
      });
    }
    // What happens once (the question, the lists, the fallback after 4 s) is over by then.
    await pause(15_000);
    let requests = 0;
    user.context.on('request', () => requests++);
    const [sent, received] = [line.sent, line.received];
    await pause(seconds * 1000);
    const aMinute = (n) => Math.round((n * 60) / seconds);
    return [requests * (60 / seconds), aMinute(line.sent - sent), aMinute(line.received - received)];
  } finally {
    await user.close();
    line.close();
  }
}

export async function measureWaiting(seconds) {
  const names = Object.keys(states);
  const working = names.filter((name) => !states[name].queued).length;
  const world = await World.open({ workers: working, times: [] });
  try {
    const figures = new Map();
    const start = async (name) => figures.set(name, await watch(world, seconds, states[name]));
    const first = names.filter((name) => !states[name].queued).map(start);
    await pause(5_000);
    await Promise.all([...first, ...names.filter((name) => states[name].queued).map(start)]);
    console.log('| a page that waits | requests begun, a minute | bytes sent | bytes received |\n|---|---:|---:|---:|');
    for (const name of names) console.log(`| ${name} | ${figures.get(name).map((n) => (Math.round(n * 10) / 10).toLocaleString('en')).join(' | ')} |`);
  } finally {
    await world.close();
  }
}
