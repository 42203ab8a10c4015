// Every documented response, from the real server. The last test fails when one of them was never seen.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Server } from '../../support/server.mjs';
import { description, documentedResponses, faultsOf, faultsOfValue, keyOf } from './description.mjs';
import { send, sendHead } from './http.mjs';

const question = 'What was the life expectancy in Japan in 1995?';
const otherWorker = ['--worker', `${process.execPath} ${new URL('worker.mjs', import.meta.url).pathname} {socket}`];

/** With the built-in worker. */
let server;
/** With another worker, one place to work and one to wait. */
let narrow;
const seen = new Set();

before(async () => {
  server = await new Server().start();
  narrow = await new Server(otherWorker, { MAX_CONCURRENT_ANALYSES: '1', HOLDFAST_QUEUE_LIMIT: '1', HOLDFAST_RUN_DEADLINE: '4s' }).start();
});
after(async () => {
  await server.stop();
  await narrow.stop();
});

function check(method, path, response) {
  assert.deepEqual(faultsOf(method, path, response), []);
  seen.add(keyOf(method, path, response.status, response.headers['content-type']?.split(';')[0] ?? '-'));
  return response;
}

/** Sends to `path` of the description, filled in, and holds the response against it. Returns it with `json`. */
async function exercise(status, method, path, { on = server, params = {}, query = '', ...rest } = {}) {
  const target = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name])) + query;
  const response = check(method, path, await send(on.base, method, target, rest));
  assert.equal(response.status, status, response.body);
  const isJson = /json/.test(response.headers['content-type'] ?? '');
  return { ...response, json: isJson ? JSON.parse(response.body) : undefined };
}

const start = '/v1/threads/{thread_id}/runs';
const run = '/v1/runs/{run_id}';

/** A run that has ended, of the built-in worker. */
async function finishedRun(thread_id = randomUUID()) {
  const { json } = await exercise(200, 'POST', start, { params: { thread_id }, body: { prompt: question }, headers: { Prefer: 'wait=25' } });
  return json;
}

async function startedRun(prompt, on = narrow) {
  const { json } = await exercise(202, 'POST', start, { on, params: { thread_id: 't' }, body: { prompt }, headers: { Prefer: 'respond-async' } });
  return json.run_id;
}

/** A run of the narrow server that a worker has taken. */
async function workingRun(prompt) {
  const run_id = await startedRun(prompt);
  while ((await narrow.get(`/v1/runs/${run_id}`)).status === 'queued') await setTimeout(20);
}

/** The narrow server has nothing left to do. */
async function calm() {
  for (const status of ['running', 'queued']) {
    const { runs } = await narrow.get(`/v1/runs?status=${status}`);
    for (const { run_id } of runs) await send(narrow.base, 'POST', `/v1/runs/${run_id}/cancel`);
  }
}

test('A run is started, waited for, joined', async () => {
  const thread_id = randomUUID();
  const run_id = randomUUID();
  const body = { prompt: question, run_id };
  const accepted = await exercise(202, 'POST', start, { params: { thread_id }, body, headers: { Prefer: 'respond-async' } });
  assert.equal(accepted.headers.location, `/v1/runs/${run_id}`);
  const ended = await exercise(200, 'POST', start, { params: { thread_id }, body, headers: { Prefer: 'wait=25' } });
  assert.equal(ended.json.status, 'completed');
  assert.deepEqual(faultsOfValue('Result', ended.json.result), []);
  assert.equal(ended.json.attempt, 1);
  await exercise(422, 'POST', start, { params: { thread_id }, body: { ...body, prompt: 'Something else' } });
});

test('A run is streamed as it goes, in both forms', async () => {
  const native = await exercise(200, 'POST', start, { params: { thread_id: 't' }, body: { prompt: question, stream: true } });
  assert.match(native.body, /^retry: \d+[\s\S]*event: hello[\s\S]*event: status[\s\S]*event: progress[\s\S]*event: done\ndata: \{.*"status":"completed".*\}\n\n$/);
  const compatible = await exercise(200, 'POST', '/analyze', { body: { prompt: question, thread_id: 't', stream: true } });
  assert.match(compatible.body, /data: \{"type":"final","data":\{.*\}\}\n\n$/);
  assert.doesNotMatch(compatible.body, /^event:/m);
});

test('A question is answered in the form of the original backend', async () => {
  const { json } = await exercise(200, 'POST', '/analyze', { body: { prompt: question, thread_id: 't' } });
  assert.equal(json.result, json.response);
  await exercise(202, 'POST', '/analyze', { body: { prompt: question, thread_id: 't' }, headers: { Prefer: 'respond-async' } });
  const plain = await exercise(200, 'POST', '/analyze', { on: narrow, body: { prompt: 'text', thread_id: 't' } });
  assert.equal(plain.json.result, 'forty-two');
});

test('A request of the wrong shape is told what is wrong with it', async () => {
  for (const [path, params] of [[start, { thread_id: 't' }], ['/analyze', {}]]) {
    const method = 'POST';
    for (const body of ['{', '[]', '{}', { prompt: '', thread_id: 't' }, { prompt: 7, thread_id: 't' }, { prompt: 'q', thread_id: 't', run_id: 'x' }]) {
      const { json } = await exercise(422, method, path, { params, body });
      assert.equal(typeof json.detail, 'string');
      assert.notEqual(json.errors.length, 0);
    }
    const target = path.replace('{thread_id}', 't');
    assert.equal(check(method, path, await sendHead(server.base, [`POST ${target} HTTP/1.1`])).status, 411);
    assert.equal(check(method, path, await sendHead(server.base, [`POST ${target} HTTP/1.1`, 'Content-Length: 100000000'])).status, 413);
    await exercise(415, method, path, { params, body: { prompt: 'q', thread_id: 't' }, headers: { 'Content-Encoding': 'gzip' } });
  }
});

test('Other web sites are kept out, of every route', async () => {
  for (const [path, item] of Object.entries(description.paths)) {
    for (const method of ['GET', 'POST']) {
      if (!item[method.toLowerCase()]) continue;
      const params = { thread_id: 't', run_id: randomUUID() };
      await exercise(421, method, path, { params, headers: { Host: 'evil.example' } });
      if (method === 'POST') await exercise(403, method, path, { params, headers: { Origin: 'https://evil.example' }, body: {} });
    }
  }
});

test('A run is read, and polled until it changes', async () => {
  const { run_id } = await finishedRun();
  const first = await exercise(200, 'GET', run, { params: { run_id } });
  await exercise(304, 'GET', run, { params: { run_id }, headers: { 'If-None-Match': first.headers.etag } });
  await exercise(404, 'GET', run, { params: { run_id: randomUUID() } });
  await exercise(400, 'GET', run, { params: { run_id: 'x' } });

  await calm();
  const slow = await startedRun('sleep 1');
  const { headers } = await exercise(200, 'GET', run, { on: narrow, params: { run_id: slow } });
  const changed = await exercise(200, 'GET', run, { on: narrow, params: { run_id: slow }, headers: { 'If-None-Match': headers.etag, Prefer: 'wait=10' } });
  assert.notEqual(changed.headers.etag, headers.etag);
});

test('The events of a run are replayed from a cursor', async () => {
  const { run_id } = await finishedRun();
  const path = `${run}/events`;
  const whole = await exercise(200, 'GET', path, { params: { run_id } });
  const ids = [...whole.body.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
  assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
  const rest = await exercise(200, 'GET', path, { params: { run_id }, headers: { 'Last-Event-ID': ids[2] } });
  assert.deepEqual([...rest.body.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1])), ids.slice(3));
  await exercise(204, 'GET', path, { params: { run_id }, headers: { 'Last-Event-ID': ids.at(-1) } });
  await exercise(400, 'GET', path, { params: { run_id }, headers: { 'Last-Event-ID': 'x' } });
  await exercise(404, 'GET', path, { params: { run_id: randomUUID() } });
});

test('The timeline has every entry', async () => {
  const { run_id } = await finishedRun();
  const path = `${run}/timeline`;
  const { json } = await exercise(200, 'GET', path, { params: { run_id } });
  assert.deepEqual(json.entries.map((entry) => entry.seq), json.entries.map((_, i) => i + 1));
  assert.equal(json.entries[0].kind, 'accepted');
  assert.equal(json.entries.at(-1).kind, 'completed');
  await exercise(404, 'GET', path, { params: { run_id: randomUUID() } });
  await exercise(400, 'GET', path, { params: { run_id: 'x' } });
});

test('A run is acknowledged once it has ended, as often as one likes', async () => {
  const { run_id } = await finishedRun();
  const path = `${run}/ack`;
  for (let i = 0; i < 2; i++) await exercise(204, 'POST', path, { params: { run_id } });
  const { json } = await exercise(200, 'GET', run, { params: { run_id } });
  assert.equal(typeof json.delivered_at, 'number');
  await exercise(404, 'POST', path, { params: { run_id: randomUUID() } });
  await exercise(400, 'POST', path, { params: { run_id: 'x' } });
  await calm();
  await exercise(409, 'POST', path, { on: narrow, params: { run_id: await startedRun('sleep 2') } });
});

test('A run is stopped, once', async () => {
  await calm();
  const path = `${run}/cancel`;
  const run_id = await startedRun('sleep 3');
  const { json } = await exercise(202, 'POST', path, { on: narrow, params: { run_id } });
  assert.equal(json.status, 'cancelled');
  await exercise(409, 'POST', path, { on: narrow, params: { run_id } });
  await exercise(404, 'POST', path, { params: { run_id: randomUUID() } });
  await exercise(400, 'POST', path, { params: { run_id: 'x' } });
});

test('Runs are listed page by page, and the inbox holds what was not acknowledged', async () => {
  const thread_id = randomUUID();
  const ids = [];
  for (let i = 0; i < 3; i++) ids.unshift((await finishedRun(thread_id)).run_id);
  const list = (query) => exercise(200, 'GET', '/v1/runs', { query: `?thread_id=${thread_id}&${query}` });
  const first = await list('limit=2');
  assert.match(first.headers.link, /rel="next"/);
  const second = await list(`limit=2&cursor=${encodeURIComponent(first.json.next_cursor)}`);
  assert.deepEqual([...first.json.runs, ...second.json.runs].map((item) => item.run_id), ids);
  assert.equal(second.json.next_cursor, null);
  await exercise(204, 'POST', `${run}/ack`, { params: { run_id: ids[0] } });
  assert.deepEqual((await list('undelivered=true')).json.runs.map((item) => item.run_id), ids.slice(1));
  assert.deepEqual((await list('status=failed')).json.runs, []);
  await exercise(422, 'GET', '/v1/runs', { query: '?limit=0' });
  await exercise(422, 'GET', '/v1/runs', { query: '?status=sleeping' });
  await exercise(400, 'GET', '/v1/runs', { query: '?cursor=x' });
});

test('Threads are listed, with their runs and as messages', async () => {
  const thread_id = `a thread with / and ž ${randomUUID()}`.replace('/', '');
  const { run_id } = await finishedRun(thread_id);
  const { json } = await exercise(200, 'GET', '/v1/threads');
  assert.deepEqual(json.threads.find((thread) => thread.thread_id === thread_id)?.run_count, 1);
  const runs = await exercise(200, 'GET', start, { params: { thread_id } });
  assert.deepEqual(runs.json.runs.map((item) => item.run_id), [run_id]);
  assert.deepEqual((await exercise(200, 'GET', start, { params: { thread_id: randomUUID() } })).json.runs, []);
  await exercise(400, 'GET', start, { params: { thread_id: 'x'.repeat(101) } });

  const path = '/chat/{thread_id}/messages';
  const messages = await exercise(200, 'GET', path, { params: { thread_id } });
  assert.deepEqual(messages.json.map((message) => message.isUser), [true, false]);
  const wrapped = await exercise(200, 'GET', path, { params: { thread_id }, query: '?envelope=true' });
  assert.deepEqual(wrapped.json.messages, messages.json);
  await exercise(400, 'GET', path, { params: { thread_id: 'x'.repeat(101) } });
});

test('A run that fails, is stopped or takes too long says so in the compatible form', async () => {
  await calm();
  const analyze = (prompt, run_id) => ({ on: narrow, body: { prompt, thread_id: 't', run_id } });
  await exercise(500, 'POST', '/analyze', analyze('fail'));
  const run_id = randomUUID();
  const stopped = exercise(409, 'POST', '/analyze', analyze('sleep 3', run_id));
  while ((await send(narrow.base, 'POST', `/v1/runs/${run_id}/cancel`)).status === 404);
  await stopped;
  await exercise(504, 'POST', '/analyze', analyze('sleep 60'));
});

test('When the line is full, a run is refused and not started', async () => {
  await calm();
  await workingRun('sleep 3');
  const waiting = await startedRun('sleep 3');
  const { json } = await exercise(200, 'GET', run, { on: narrow, params: { run_id: waiting } });
  assert.equal(json.status, 'queued');
  const run_id = randomUUID();
  const refused = await exercise(503, 'POST', start, { on: narrow, params: { thread_id: 't' }, body: { prompt: 'one more', run_id } });
  assert.equal(refused.json.retryable, true);
  await exercise(503, 'POST', '/analyze', { on: narrow, body: { prompt: 'one more', thread_id: 't' } });
  await exercise(404, 'GET', run, { on: narrow, params: { run_id } });
});

test('The state of the server can be asked', async () => {
  for (const path of ['/livez', '/readyz', '/startupz', '/health']) await exercise(200, 'GET', path);
  const { json } = await exercise(200, 'GET', '/initial-followup-prompts');
  assert.equal(json.length, 3);
});

test('A server that stops is not ready', async () => {
  await calm();
  await workingRun('sleep 2');
  narrow.terminate();
  for (;;) {
    const response = check('GET', '/readyz', await send(narrow.base, 'GET', '/readyz'));
    if (response.status === 503) break;
  }
});

test('The server serves this very description', async () => {
  const { json, headers } = await exercise(200, 'GET', '/openapi.json');
  assert.deepEqual(json, description);
  await exercise(304, 'GET', '/openapi.json', { headers: { 'If-None-Match': headers.etag } });
});

test('Every documented response was seen', () => {
  assert.deepEqual(documentedResponses().filter((key) => !seen.has(key)), []);
});
