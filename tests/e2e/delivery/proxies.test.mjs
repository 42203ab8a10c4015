// Every way of asking through everything that stands between users and servers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client, streamingWays, ways } from './client.mjs';
import { Cutter, inEvent } from './cutter.mjs';
import { buffering, doubling, dropping, eatingNoContent, retrying, silenceCutter } from './proxies.mjs';
import { showAndAcknowledge } from './verdict.mjs';
import { World, heartbeat, silenceCut, until } from './world.mjs';

/** Longer than a proxy bears silence, told by what came and not by a clock: 100 ms of hold, then heartbeats. */
const signsPastTheCut = Math.ceil(silenceCut / heartbeat) + 1;

let world;

/** Opens what stands in the way, from the server to the client, asks through it, and judges. */
async function askThrough(chain, way, { gate = () => true, ...character } = {}) {
  const opened = [];
  let port = world.port;
  try {
    for (const open of chain) {
      opened.push(await open(port));
      port = opened.at(-1).port;
    }
    const client = new Client(port, character);
    const asking = client.ask(way);
    const opening = until('the gate', () => gate(client, opened)).then(() => world.openGate(client.runId));
    const [answer] = await Promise.all([asking, opening]);
    await showAndAcknowledge(world, client, answer);
    return { client, opened };
  } finally {
    for (const one of opened) one.close();
  }
}

const silence = (port) => silenceCutter(port, silenceCut);
const silently = (client) => client.signs >= signsPastTheCut || client.waits >= 2;

describe('Through a proxy', { concurrency: 8 }, () => {
  before(async () => {
    world = await World.open();
  });
  after(() => world.close());

  for (const way of Object.keys(ways)) {
    test(`that cuts silence: ${way}: one connection bears it past the cut`, async () => {
      // However often a slow machine makes a silence: this client does not turn to polling, so it is the stream that does it.
      await askThrough([silence], way, { gate: silently, trust: Infinity });
    });

    test(`that passes nothing on before the end: ${way}`, async () => {
      const { opened } = await askThrough([buffering], way, { gate: (_client, [proxy]) => proxy.mischief > 0 });
      assert.ok(opened[0].mischief > 0);
    });

    test(`that passes nothing on before the end, behind one that cuts silence: ${way}`, async () => {
      const gate = (client, [, cutter]) => cutter.mischief >= 2 || client.waits >= 2;
      await askThrough([buffering, silence], way, { gate });
    });

    test(`that passes nothing on before the end, with a client that loses patience: ${way}`, async () => {
      await askThrough([buffering], way, { patience: silenceCut, gate: (client) => client.losses >= 4 || client.waits >= 2 });
    });

    test(`that drops Prefer and ETags: ${way}`, async () => {
      await askThrough([(port) => dropping(port, ['prefer', 'if-none-match'])], way);
    });

    for (const repeat of [doubling, retrying]) {
      test(`that repeats every POST (${repeat.name}): ${way}`, async () => {
        const { opened } = await askThrough([repeat], way);
        assert.ok(opened[0].mischief >= 2, 'the question and the acknowledgement');
      });
    }

    test(`that eats 204: ${way}`, async () => {
      const { opened } = await askThrough([eatingNoContent], way);
      assert.ok(opened[0].mischief > 0);
    });
  }

  for (const way of streamingWays) {
    test(`that drops Last-Event-ID: ${way}`, async () => {
      const drop = (port) => dropping(port, ['last-event-id']);
      const mark = way.startsWith('POST /analyze') ? 'data: {"type":"answer_chunk"' : 'event: delta';
      const cut = (port) => Cutter.open(port, { on: /./, point: inEvent(mark, 'end'), times: 2 });
      const { client, opened } = await askThrough([drop, cut], way, { gate: (_client, [, cutter]) => cutter.done });
      assert.ok(opened[0].mischief > 0);
      assert.ok(client.repeated.length > 0, 'without the cursor everything comes again, and is shown once');
    });
  }

  test('that lets a whole crowd ask for the same run at the same moment, in every way', async () => {
    const first = new Client(world.port);
    const crowd = Object.keys(ways).flatMap((way) =>
      [1, 2, 3].map(() => ({ way, client: Object.assign(new Client(world.port), { runId: first.runId, threadId: first.threadId, prompt: first.prompt }) })),
    );
    const asking = crowd.map(({ client, way }) => client.ask(way));
    world.openGate(first.runId);
    const answers = await Promise.all(asking);
    first.received.push(...answers);
    await showAndAcknowledge(world, first, answers[0]);
  });

  test('with all of that at once', async () => {
    const chain = [eatingNoContent, doubling, (port) => dropping(port, ['last-event-id']), retrying, buffering, silence];
    await Promise.all(Object.keys(ways).map((way) => askThrough(chain, way)));
  });
});
