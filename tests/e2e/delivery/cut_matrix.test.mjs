// The connection is cut: at every kind of place, in every way of asking. One execution, one answer, always.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Client, ways } from './client.mjs';
import { Cutter, afterEarlyByte, afterHead, beforeHead, beforeStreamEnd, inBody, inEvent, inHead, inRequest } from './cutter.mjs';
import { judgeDelivered, judgeShown, showAndAcknowledge } from './verdict.mjs';
import { World, until } from './world.mjs';

const analyze = /^POST \/analyze /;
const postRun = /^POST \/v1\/threads\//;
const getRun = /^GET \/v1\/runs\/[^/ ]+ /;
const getEvents = /^GET \/v1\/runs\/[^/ ]+\/events /;
const ack = /^POST \/v1\/runs\/[^/ ]+\/ack /;

/** Names of places in the matrix, and what they are. */
const heads = { 'in the request': inRequest, 'before the headers': beforeHead, 'in the headers': inHead, 'after the headers': afterHead };
const bodies = { 'in the body': inBody(0.5), 'before the last byte of the body': inBody(1) };
const early = { 'after an early byte': afterEarlyByte };
const end = { 'before the end of the stream': beforeStreamEnd };
const acks = { 'the acknowledgement in the request': inRequest, 'the acknowledgement before its answer': beforeHead };
const noAnswerYet = (points) => Object.fromEntries(Object.entries(points).map(([name, point]) => [name, { ...point, needsEnd: true }]));

function events(marks, last) {
  const points = {};
  for (const [kind, mark] of Object.entries(marks)) {
    for (const place of ['begin', 'middle', 'end']) points[`in ${kind}, ${place}`] = inEvent(mark, place, { needsEnd: kind === last });
  }
  return { ...points, ...end };
}
const nativeEvents = events({ hello: 'event: hello', status: 'event: status', progress: 'event: progress', delta: 'event: delta', done: 'event: done' }, 'done');
const compatibleEvents = events({ status: 'data: {"type":"status"', chunk: 'data: {"type":"answer_chunk"', final: 'data: {"type":"final"' }, 'final');

const matrix = {
  'plain POST /analyze': [[analyze, { ...heads, ...early, ...bodies }]],
  'plain POST of a run': [[postRun, { ...heads, ...early, ...bodies }]],
  'POST /analyze with stream: true': [[analyze, { ...heads, ...compatibleEvents }]],
  'POST of a run with Accept: text/event-stream': [[postRun, { ...heads, ...nativeEvents }]],
  // Held back until the wait is over: a gate would only make it a 202 that comes late.
  'Prefer: wait': [[postRun, { ...heads, ...bodies }], [postRun, noAnswerYet(heads)]],
  'respond-async and long poll': [[postRun, { ...heads, 'in the body': { ...inBody(0.5), needsEnd: false } }], [getRun, { ...heads, ...bodies }]],
  'respond-async and GET events': [[postRun, { 'before the headers': beforeHead }], [getEvents, { ...heads, ...nativeEvents }]],
};

let world;
let cell = 0;

/** One cell: cuts there, and holds the run back until then unless the place needs its end. */
async function cut(way, { on, point, times = 1 }) {
  const cutter = await Cutter.open(world.port, { on, point, times, reset: cell++ % 2 === 1 });
  try {
    const client = new Client(cutter.port);
    if (point.needsEnd) world.openGate(client.runId);
    const asking = client.ask(way);
    if (!point.needsEnd) {
      await Promise.race([until(`the cut`, () => cutter.done), asking.then(() => assert.fail('an answer before the gate was opened'))]);
      world.openGate(client.runId);
    }
    await showAndAcknowledge(world, client, await asking);
    assert.equal(cutter.cuts, times, 'it was really cut');
    assert.ok(client.losses >= (point === beforeStreamEnd ? 1 : times));
    assert.deepEqual(client.repeated, [], 'Last-Event-ID is honoured');
  } finally {
    cutter.close();
  }
}

describe('The connection is cut', { concurrency: 8 }, () => {
  before(async () => {
    world = await World.open();
  });
  after(() => world.close());

  for (const [way, requests] of Object.entries(matrix)) {
    for (const [on, points] of requests) {
      for (const [name, point] of Object.entries(points)) {
        const when = point.needsEnd ? 'with the answer there' : 'before there is an answer';
        test(`${way}: ${on.source.split(' ')[0].slice(1)} is cut ${name}, ${when}`, () => cut(way, { on, point }));
      }
    }
    for (const [name, point] of Object.entries(acks)) {
      test(`${way}: cut after the answer: ${name}`, () => cut(way, { on: ack, point: { ...point, needsEnd: true } }));
    }
  }

  for (const [way, on, mark, last] of [
    ['POST /analyze with stream: true', analyze, 'data: {"type":"answer_chunk"', 'data: {"type":"final"'],
    ['POST of a run with Accept: text/event-stream', /^POST \/v1\/threads\/|\/events /, 'event: delta', 'event: done'],
    ['respond-async and GET events', getEvents, 'event: delta', 'event: done'],
  ]) {
    test(`${way}: a piece of the answer is cut again and again`, () => cut(way, { on, point: inEvent(mark, 'middle'), times: 3 }));
    test(`${way}: the answer is cut again and again`, () => cut(way, { on, point: inEvent(last, 'middle', { needsEnd: true }), times: 3 }));
  }

  for (const way of Object.keys(ways)) {
    test(`${way}: the client is gone with the answer in its hands; another finds it in the inbox`, async () => {
      const gone = new Client(world.port);
      world.openGate(gone.runId);
      await gone.ask(way);
      const [runId] = await world.inbox(gone.threadId);
      assert.equal(runId, gone.runId);
      const next = Object.assign(new Client(world.port), { runId, threadId: gone.threadId, prompt: gone.prompt });
      next.show(await next.poll());
      next.received.push(...gone.received);
      await judgeShown(world, next);
      await next.acknowledge();
      await judgeDelivered(world, next);
    });
  }
});
