// A worker or the server is killed in the middle of every way of asking. One answer, always.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, ways } from './client.mjs';
import { Cutter, inBody, inEvent } from './cutter.mjs';
import { judgeShown, judgeDelivered, showAndAcknowledge } from './verdict.mjs';
import { World, until } from './world.mjs';

const all = Object.keys(ways);

async function inWorld(options, play) {
  const world = await World.open(options);
  try {
    await play(world);
  } finally {
    await world.close();
  }
}

/** A client for every way, each asking. */
function askAll(port) {
  return all.map((way) => {
    const client = new Client(port);
    return { client, way, asking: client.ask(way) };
  });
}

/** The run is with a worker, and the client has what there is of it. */
async function underWay(world, { client, way }) {
  await until('an execution', () => world.executions(client.runId).length > 0);
  if (/plain/.test(way)) await until('an early byte', () => client.signs > 0);
  if (/stream|events/.test(way)) await until('all pieces', () => client.pieces.endsWith('3 z 3 🙂 '));
}

async function finishAll(world, asked, options) {
  for (const { client } of asked) world.openGate(client.runId);
  await Promise.all(asked.map(async ({ client, asking }) => showAndAcknowledge(world, client, await asking, options)));
}

/** In the middle of whatever would bring the answer. */
const done = inEvent('event: done', 'middle');
const final = inEvent('data: {"type":"final"', 'middle');
const body = inBody(0.5);
const isStream = (bytes) => bytes.includes('text/event-stream');
const inAnswer = {
  find(bytes, ended) {
    if (isStream(bytes)) return done.find(bytes) ?? final.find(bytes);
    return bytes.includes('status":"completed"') ? body.find(bytes, ended) : undefined;
  },
  safe: (bytes) => (isStream(bytes) ? done.safe(bytes) : body.safe(bytes)),
};

/** A client for every way, each cut with the answer on its way to it. */
async function cutAllAnswers(world) {
  const asked = await Promise.all(
    all.map(async (way) => {
      const cutter = await Cutter.open(world.port, { on: /^(?!POST \S+\/ack )/, point: inAnswer });
      const client = new Client(cutter.port);
      world.openGate(client.runId);
      return { way, client, cutter, asking: client.ask(way) };
    }),
  );
  await Promise.all(asked.map(({ cutter, way }) => until(`a cut of ${way}`, () => cutter.done)));
  return asked;
}

describe('The worker is killed', { concurrency: 2 }, () => {
  test('while it works: the run is tried again, and answered once', () =>
    inWorld({ workers: all.length }, async (world) => {
      const asked = askAll(world.port);
      await Promise.all(asked.map((one) => underWay(world, one)));
      for (const { client } of asked) await world.killWorkerOf(client.runId);
      await finishAll(world, asked, { executions: 2 });
      for (const { client } of asked) {
        const kinds = (await world.timeline(client.runId)).map((entry) => entry.kind);
        assert.equal(kinds.filter((kind) => kind === 'attempt_lost').length, 1);
        assert.equal(client.shown[0].attempt, 2);
      }
    }));

  test('after the answer was written, before it was read: it is not asked again', () =>
    inWorld({ workers: all.length }, async (world) => {
      const asked = await cutAllAnswers(world);
      // One worker may have had several of the runs.
      for (const pid of new Set(asked.map(({ client }) => world.executions(client.runId).at(-1).pid))) process.kill(pid, 'SIGKILL');
      await finishAll(world, asked);
      for (const { cutter } of asked) cutter.close();
    }));
});

describe('The server is killed', { concurrency: 2 }, () => {
  test('while the questions arrive', () =>
    inWorld({ workers: 3, flags: '--stream --steps 1' }, async (world) => {
      const asked = askAll(world.port);
      // Any moment will do: what was accepted goes on, what was not is asked again.
      await pause(10);
      await world.killAndRestart();
      for (const { client } of asked) world.openGate(client.runId);
      for (const { client, asking } of asked) {
        client.show(await asking);
        await judgeShown(world, client);
        await client.acknowledge();
        await judgeDelivered(world, client, { executions: world.executions(client.runId).length });
        assert.ok(world.executions(client.runId).length <= 2);
      }
    }));

  test('while the workers work: every run is tried again, and answered once', () =>
    inWorld({ workers: all.length }, async (world) => {
      const asked = askAll(world.port);
      await Promise.all(asked.map((one) => underWay(world, one)));
      await world.killAndRestart();
      await finishAll(world, asked, { executions: 2 });
    }));

  test('while runs wait in line: they are started once, later', () =>
    inWorld({ workers: 1 }, async (world) => {
      const first = new Client(world.port);
      const asking = first.ask('Prefer: wait');
      await underWay(world, { client: first, way: '' });
      const asked = askAll(world.port);
      await Promise.all(asked.map(({ client }) => until('acceptance', () => world.inLine(client.runId))));
      await world.killAndRestart();
      await finishAll(world, [{ client: first, asking }], { executions: 2 });
      await finishAll(world, asked);
    }));

  test('after the answers were written, before they were read: nothing is executed again', () =>
    inWorld({ workers: all.length }, async (world) => {
      const asked = await cutAllAnswers(world);
      await world.killAndRestart();
      await finishAll(world, asked);
      for (const { cutter } of asked) cutter.close();
    }));

  test('after the answers were shown, before and after the acknowledgement', () =>
    inWorld({ workers: all.length }, async (world) => {
      const asked = askAll(world.port);
      for (const { client } of asked) world.openGate(client.runId);
      for (const { client, asking } of asked) client.show(await asking);
      await world.killAndRestart();
      for (const { client } of asked) await judgeShown(world, client);
      await Promise.all(asked.map(({ client }) => client.acknowledge()));
      await world.killAndRestart();
      for (const { client } of asked) await judgeDelivered(world, client);
    }));
});
