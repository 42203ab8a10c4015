// The server is killed with SIGKILL while a question is worked on, stays away for a while, and comes back.
import { setTimeout as pause } from 'node:timers/promises';
import { World, until } from '../../tests/e2e/delivery/world.mjs';
import { ask, lastTurn, newUser, waitForStep } from '../../tests/e2e/page/browser.mjs';

/** Milliseconds from the moment at which the server listens again to the answer on the screen. */
async function once(awayMs) {
  const world = await World.open({ workers: 1 });
  const user = await newUser();
  try {
    const page = await user.open(world.server.base);
    await ask(page, 'q');
    await waitForStep(page, 1);
    const runId = await lastTurn(page).getAttribute('data-run');
    world.openGate(runId);
    await world.server.kill();
    await pause(awayMs);
    await world.server.start();
    const listening = performance.now();
    await page.locator('p.answer:not(.partial)').waitFor({ timeout: 60_000 });
    const ms = performance.now() - listening;
    await until('the acknowledgement', async () => (await world.run(runId)).delivered_at);
    return ms;
  } finally {
    await user.close();
    await world.close();
  }
}

export async function measureRestart(rounds) {
  console.log('| server away for | rounds | to the answer: median, max ms |\n|---|---:|---:|');
  for (const awayMs of [0, 5_000, 20_000]) {
    const times = [];
    for (let i = 0; i < rounds; i++) times.push(await once(awayMs));
    times.sort((a, b) => a - b);
    const median = times[times.length >> 1];
    console.log(`| ${awayMs / 1000} s | ${rounds} | ${Math.round(median).toLocaleString('en')}, ${Math.round(times.at(-1)).toLocaleString('en')} |`);
  }
}
