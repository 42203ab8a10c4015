// The same work as a stream for Holdfast and as plain JSON; what is read of a request; cancellation.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as ask } from 'node:http';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { EVENTS, MAX_BODY, MAX_LINE, Refused, Run, serve, stream } from '../holdfast.mjs';

const behind = { accept: `${EVENTS}, application/json`, 'holdfast-run-id': 'r', 'holdfast-attempt': '2' };
const open = [];
after(() => open.forEach((server) => server.close()));

async function start(work) {
  const server = createServer(serve(work)).listen(0, '127.0.0.1');
  open.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${server.address().port}/`;
}

const post = async (work, headers = {}, body = '{"prompt":"why"}') => {
  const response = await fetch(await start(work), { method: 'POST', headers, body });
  return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
};
const linesOf = (text) => text.trim().split('\n').map((line) => JSON.parse(line));
async function read(run, work) {
  const pieces = [];
  for await (const piece of stream(run, work)) pieces.push(piece);
  return linesOf(Buffer.concat(pieces).toString());
}

const plain = (run) => ({ result: run.body.prompt });
async function* steps(run) {
  yield run.progress('one', 'first');
  yield run.save('one', { n: 1 });
  yield run.delta('half ');
  return { result: run.body.prompt };
}
function* steady(run) {
  yield run.progress('one');
  yield run.result({ result: run.body.prompt });
}

test('a stream ends with the result, of every kind of function', async () => {
  for (const [work, types] of [[plain, ['result']], [async (run) => plain(run), ['result']], [steady, ['progress', 'result']], [steps, ['progress', 'checkpoint', 'delta', 'result']]]) {
    const { status, type, text } = await post(work, behind);
    assert.equal(status, 200);
    assert.equal(type, EVENTS);
    assert.deepEqual(linesOf(text).map((line) => line.type), types);
    assert.deepEqual(linesOf(text).at(-1).result, { result: 'why' });
  }
});

test('without Holdfast the answer is the result alone', async () => {
  for (const work of [plain, steady, steps]) {
    assert.deepEqual(await post(work), { status: 200, text: '{"result":"why"}', type: 'application/json' });
  }
});

test('what Holdfast added is not in the body', () => {
  const run = new Run({ ...behind, 'holdfast-user': 'a%40b' }, { prompt: 'p', holdfast: { checkpoint: { step: 's', state: { n: 1 } } } });
  assert.deepEqual([run.body, run.step, run.checkpoint, run.attempt, run.user], [{ prompt: 'p' }, 's', { n: 1 }, 2, 'a@b']);
  assert.equal(new Run(new Headers(behind), '{}').id, 'r');
});

test('time left and memory are told', () => {
  const run = new Run({ 'holdfast-deadline-ms': '5000', 'holdfast-memory-level': 'critical', 'holdfast-memory-reserved-bytes': '1048576' }, {});
  assert.ok(run.remaining() <= 5000 && run.remaining() > 0);
  assert.deepEqual([run.memoryLevel, run.memoryReserved], ['critical', 1048576]);
  assert.equal(new Run({}, {}).remaining(), Infinity);
});

test('a refusal keeps its code, an exception its secret', async (t) => {
  const said = t.mock.method(console, 'error', () => {});
  const refuses = () => {
    throw new Refused('no such table', { code: 'not_found', retryable: true, status: 404 });
  };
  const breaks = async () => {
    throw new TypeError('secret of the worker');
  };
  assert.deepEqual(linesOf((await post(refuses, behind)).text), [{ type: 'error', code: 'not_found', message: 'no such table', retryable: true }]);
  assert.equal((await post(refuses)).status, 404);
  for (const headers of [behind, {}]) assert.doesNotMatch((await post(breaks, headers)).text, /secret/);
  assert.equal((await post(breaks)).status, 500);
  assert.match(String(said.mock.calls[0].arguments[0]), /secret of the worker/);
});

test('a bad request is refused', async () => {
  for (const body of ['', '[1]', '{', 'null']) assert.equal((await post(plain, {}, body)).status, 422, body);
  assert.equal((await post(plain, {}, ' '.repeat(MAX_BODY + 1))).status, 413);
});

test('any text is one line that reads back', () => {
  const run = new Run(behind, {});
  for (const text of ['\n\r"\\', '\u2028\u0000', '🙂'.repeat(9)]) {
    const bytes = run.progress(text, text).bytes.toString();
    assert.equal(bytes.split('\n').length, 2);
    assert.equal(JSON.parse(bytes).message, text);
  }
  assert.equal(JSON.parse(run.delta('a\ud800b').bytes).text, 'a\ufffdb');
});

test('a long delta is sent in pieces that are the same text', () => {
  const text = `x${'🙂\u0000'.repeat(400_000)}`;
  const lines = new Run(behind, {}).delta(text).bytes.toString().trim().split('\n');
  assert.ok(Math.max(...lines.map((line) => Buffer.byteLength(line))) < MAX_LINE);
  assert.equal(lines.map((line) => JSON.parse(line).text).join(''), text);
});

test('a checkpoint past the limit, or what is no JSON, is an error of the worker', async (t) => {
  t.mock.method(console, 'error', () => {});
  async function* large(run) {
    yield run.save('s', 'x'.repeat(MAX_LINE));
  }
  assert.match((await read(new Run(behind, {}), large)).at(-1).message, /1048576 bytes/);
  assert.equal((await read(new Run(behind, {}), () => 1n)).at(-1).type, 'error');
  assert.equal((await read(new Run(behind, {}), function* () { yield 'text'; })).at(-1).type, 'error');
});

test('a connection that is closed aborts the signal and ends the generator', async () => {
  const ended = [];
  async function* work(run) {
    try {
      yield run.progress('on');
      await pause(3_600_000, undefined, { signal: run.signal });
    } finally {
      ended.push(run.signal.aborted);
    }
  }
  const call = ask(await start(work), { method: 'POST', headers: behind });
  call.end('{}');
  const [response] = await once(call, 'response');
  await once(response, 'data');
  call.on('error', () => {});
  call.destroy();
  while (ended.length === 0) await pause(5);
  assert.deepEqual(ended, [true]);
});
