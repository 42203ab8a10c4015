// Every documented response, from the real server. The last test fails when one of them was never seen.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Server } from '../../support/server.mjs';
import { description, documentedResponses, faultsOf, faultsOfValue, keyOf } from './description.mjs';
import { send, sendHead } from './http.mjs';

const question = 'What was the life expectancy in Japan in 1995?';
/** A kept answer would come without steps. */
const anew = { 'Cache-Control': 'no-cache' };
const otherWorker = ['--worker', `${process.execPath} ${new URL('worker.mjs', import.meta.url).pathname} {socket}`];

/** With the built-in worker. */
let server;
/** With another worker, one place to work and one to wait. */
let narrow;
/** With a login. */
let guarded;
let adasKey;
let bobsKey;
/** One start an hour for each user. */
let frugal;
/** With a database that is away. */
let cut;
const seen = new Set();

before(async () => {
  server = await new Server().start();
  narrow = await new Server(otherWorker, { MAX_CONCURRENT_ANALYSES: '1', HOLDFAST_QUEUE_LIMIT: '1', HOLDFAST_RUN_DEADLINE: '4s', HOLDFAST_GUARANTEED: 'POST /guide' }).start();
  guarded = new Server(otherWorker, { HOLDFAST_AUTH: 'api-key' });
  adasKey = guarded.addKey('ada');
  bobsKey = guarded.addKey('bob');
  await guarded.start();
  frugal = await new Server(otherWorker, { RATE_LIMIT_REQUESTS: '1', RATE_LIMIT_WINDOW: '1h', HOLDFAST_CHECKPOINTS_USER_SIZE: '4KB' }).start();
  cut = await new Server([...otherWorker, '--database', 'postgresql://127.0.0.1:1/nowhere']).start();
});
after(async () => {
  await cut.stop();
  await frugal.stop();
  await server.stop();
  await guarded.stop();
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
async function finishedRun(thread_id = randomUUID(), headers = anew) {
  const { json } = await exercise(200, 'POST', start, { params: { thread_id }, body: { prompt: question }, headers: { Prefer: 'wait=25', ...headers } });
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
  const native = await exercise(200, 'POST', start, { params: { thread_id: 't' }, body: { prompt: question, stream: true }, headers: anew });
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
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      if (!item[method.toLowerCase()]) continue;
      const params = { thread_id: 't', run_id: randomUUID() };
      await exercise(421, method, path, { params, headers: { Host: 'evil.example' } });
      if (method !== 'GET') await exercise(403, method, path, { params, headers: { Origin: 'https://evil.example' }, body: {} });
    }
  }
});

test('With a login, every route that is not open asks who it is', async () => {
  for (const [path, item] of Object.entries(description.paths)) {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      const route = item[method.toLowerCase()];
      if (!route) continue;
      const rest = { on: guarded, params: { thread_id: 't', run_id: randomUUID() }, ...(route.requestBody && { body: {} }) };
      const open = route.security !== undefined && !route.security.some((one) => 'workerToken' in one);
      if (open) await exercise(200, method, path, rest);
      else assert.equal((await exercise(401, method, path, rest)).json.title, 'Who are you?');
    }
  }
  await exercise(401, 'GET', '/v1/runs', { on: guarded, headers: { Authorization: 'Bearer hf_0' } });
});

test('With a login, a run is its owner\'s', async () => {
  const as = (key) => ({ on: guarded, headers: { Authorization: `Bearer ${key}` } });
  const body = { prompt: 'text', thread_id: 't', run_id: randomUUID() };
  await exercise(200, 'POST', start, { ...as(adasKey), params: { thread_id: 't' }, body });
  await exercise(200, 'GET', run, { on: guarded, params: body, headers: { 'X-Api-Key': adasKey } });
  await exercise(404, 'GET', run, { ...as(bobsKey), params: body });
  await exercise(404, 'POST', start, { ...as(bobsKey), params: { thread_id: 't' }, body });
  await exercise(404, 'POST', '/analyze', { ...as(bobsKey), body });
  const { json } = await exercise(200, 'GET', '/health', as(adasKey));
  assert.notEqual(json.version, undefined);
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

test('Conversations are read whole, listed and deleted', async () => {
  const thread_id = randomUUID();
  const { run_id } = await finishedRun(thread_id);
  const params = { thread_id };
  const tooLong = { thread_id: 'x'.repeat(101) };
  const whole = await exercise(200, 'GET', '/chat/all-messages-for-one-thread/{thread_id}', { params });
  assert.deepEqual(whole.json.messages.map((turn) => turn.run_id), [run_id]);
  assert.equal(whole.json.messages[0].isLoading, false);
  for (const path of ['/chat/all-messages', '/chat/all-messages-for-all-threads']) {
    const { json } = await exercise(200, 'GET', path);
    assert.deepEqual(json.messages[thread_id], whole.json.messages);
    assert.deepEqual(json.runIds[thread_id], whole.json.runIds);
  }
  const runIds = await exercise(200, 'GET', '/chat/{thread_id}/run-ids', { params });
  assert.deepEqual(runIds.json.run_ids, whole.json.runIds);
  await exercise(200, 'GET', '/chat/{thread_id}/sentiments', { params });
  for (const path of ['/chat/all-messages-for-one-thread/{thread_id}', '/chat/{thread_id}/run-ids', '/chat/{thread_id}/sentiments']) {
    await exercise(400, 'GET', path, { params: tooLong });
  }
  const threads = await exercise(200, 'GET', '/chat-threads', { query: '?page=1&limit=1' });
  assert.equal(threads.json.threads[0].thread_id, thread_id);
  assert.equal(threads.json.has_more, threads.json.total_count > 1);
  await exercise(422, 'GET', '/chat-threads', { query: '?page=0' });

  const deleted = await exercise(200, 'DELETE', '/chat/{thread_id}', { params });
  assert.equal(deleted.json.deleted_counts.runs, 1);
  await exercise(404, 'GET', run, { params: { run_id } });
  const another = { thread_id: (await finishedRun(randomUUID())).thread_id };
  await exercise(204, 'DELETE', '/v1/threads/{thread_id}', { params: another });
  for (const path of ['/chat/{thread_id}', '/v1/threads/{thread_id}']) {
    await exercise(404, 'DELETE', path, { params });
    await exercise(400, 'DELETE', path, { params: tooLong });
  }
});

test('Workers and users keep states of a conversation', async () => {
  const list = '/v1/threads/{thread_id}/checkpoints';
  const one = `${list}/{checkpoint_id}`;
  const writes = `${one}/writes/{task_id}`;
  const params = { thread_id: randomUUID(), checkpoint_id: 'c1', task_id: 'a' };
  const body = { parent_id: 'c0', metadata: { source: 'loop' }, state: { n: 1 }, parts: [{ name: 'rows', version: '1', value: [1.5] }] };
  await exercise(204, 'PUT', one, { params, body });
  await exercise(204, 'PUT', one, { params: { ...params, checkpoint_id: 'c2' }, body: { state: null, parts: [{ name: 'rows', version: '1' }] } });
  await exercise(204, 'PUT', writes, { params, body: { writes: [{ index: 0, value: 1 }] } });
  const read = await exercise(200, 'GET', one, { params });
  assert.deepEqual([read.json.state, read.json.parts[0].value, read.json.writes[0].value], [{ n: 1 }, [1.5], 1]);
  const page = await exercise(200, 'GET', list, { params, query: '?limit=1' });
  assert.deepEqual(page.json.checkpoints.map((item) => [item.checkpoint_id, item.parts.length]), [['c2', 1]]);
  const next = await exercise(200, 'GET', list, { params, query: `?cursor=${encodeURIComponent(page.json.next_cursor)}&namespace=` });
  assert.deepEqual(next.json.checkpoints.map((item) => item.checkpoint_id), ['c1']);
  const query = `?metadata=${encodeURIComponent('{"source":"loop"}')}`;
  assert.equal((await exercise(200, 'GET', '/v1/checkpoints', { query })).json.checkpoints[0].thread_id, params.thread_id);
  await exercise(404, 'GET', one, { params: { ...params, checkpoint_id: 'c3' } });

  const tooLong = { ...params, thread_id: 'x'.repeat(101) };
  for (const [method, path, rest] of [['GET', list], ['DELETE', list], ['GET', one], ['PUT', one, { body }], ['PUT', writes, { body: { writes: [] } }]]) {
    await exercise(400, method, path, { params: tooLong, ...rest });
    await exercise(503, method, path, { on: cut, params, ...rest });
  }
  await exercise(503, 'GET', '/v1/checkpoints', { on: cut });
  for (const path of [list, '/v1/checkpoints']) {
    for (const bad of ['?limit=0', '?cursor=x', '?metadata={"a":[]}', '?metadata=x']) await exercise(422, 'GET', path, { params, query: bad });
  }
  await exercise(422, 'GET', one, { params, query: `?namespace=${'x'.repeat(1001)}` });
  for (const bad of ['{', '[]', {}, { state: 1, metadata: 1 }, { state: 1, parts: [{}] }, { state: 1, parent_id: '' }]) await exercise(422, 'PUT', one, { params, body: bad });
  for (const bad of [{}, { writes: [{ index: 1 }] }, { writes: [{ index: 1.5, value: 1 }] }]) await exercise(422, 'PUT', writes, { params, body: bad });
  for (const path of [one, writes]) {
    const target = path.replace('{thread_id}', 't').replace('{checkpoint_id}', 'c').replace('{task_id}', 'a');
    assert.equal(check('PUT', path, await sendHead(server.base, [`PUT ${target} HTTP/1.1`])).status, 411);
    assert.equal(check('PUT', path, await sendHead(server.base, [`PUT ${target} HTTP/1.1`, 'Content-Length: 100000000'])).status, 413);
  }
  await exercise(507, 'PUT', one, { on: frugal, params, body: { state: 'x'.repeat(5000) } });
  await exercise(507, 'PUT', writes, { on: frugal, params, body: { writes: [{ index: 0, value: 'x'.repeat(5000) }] } });

  const as = (key) => ({ on: guarded, headers: { Authorization: `Bearer ${key}` } });
  await exercise(204, 'PUT', one, { ...as(adasKey), params, body });
  await exercise(404, 'GET', one, { ...as(bobsKey), params });
  await exercise(204, 'DELETE', list, { ...as(bobsKey), params });
  await exercise(200, 'GET', one, { ...as(adasKey), params });
  await exercise(401, 'GET', one, { on: guarded, params, headers: { Authorization: `Bearer hfw_${'0'.repeat(80)}` } });

  await exercise(204, 'DELETE', '/v1/threads/{thread_id}', { params });
  assert.deepEqual((await exercise(200, 'GET', list, { params })).json.checkpoints, []);
});

test('Users say what they think of an answer', async () => {
  const { run_id, thread_id } = await finishedRun();
  await exercise(200, 'POST', '/feedback', { body: { run_id, feedback: 1, comment: 'dobré' } });
  await exercise(400, 'POST', '/feedback', { body: { run_id } });
  await exercise(200, 'POST', '/sentiment', { body: { run_id, sentiment: false } });
  const { json } = await exercise(200, 'GET', '/chat/{thread_id}/sentiments', { params: { thread_id } });
  assert.deepEqual(json, { [run_id]: false });
  const ended = await exercise(200, 'POST', '/stop-execution', { body: { run_id, thread_id } });
  assert.equal(ended.json.status, 'not_found');
  await calm();
  const working = await startedRun('sleep 3');
  const stopped = await exercise(200, 'POST', '/stop-execution', { on: narrow, body: { run_id: working, thread_id: 't' } });
  assert.equal(stopped.json.status, 'success');
  for (const [path, body] of [['/feedback', { feedback: 0 }], ['/sentiment', { sentiment: true }], ['/stop-execution', { thread_id }]]) {
    await exercise(404, 'POST', path, { body: { run_id: randomUUID(), ...body } });
    await exercise(422, 'POST', path, { body: { run_id: 'x', ...body } });
    assert.equal(check('POST', path, await sendHead(server.base, [`POST ${path} HTTP/1.1`])).status, 411);
    assert.equal(check('POST', path, await sendHead(server.base, [`POST ${path} HTTP/1.1`, 'Content-Length: 100000000'])).status, 413);
  }
});

test('What is stored of a run and a thread can be looked into', async () => {
  const { run_id, thread_id } = await finishedRun();
  const path = '/debug/run-id/{run_id}';
  const { json } = await exercise(200, 'GET', path, { params: { run_id } });
  assert.equal(json.database_details.thread_id, thread_id);
  await exercise(404, 'GET', path, { params: { run_id: randomUUID() } });
  await exercise(400, 'GET', path, { params: { run_id: 'x' } });
  const checkpoints = '/debug/chat/{thread_id}/checkpoints';
  await exercise(200, 'GET', checkpoints, { params: { thread_id } });
  await exercise(404, 'GET', checkpoints, { params: { thread_id: randomUUID() } });
  await exercise(400, 'GET', checkpoints, { params: { thread_id: 'x'.repeat(101) } });
});

test('The data of the built-in worker can be looked at', async () => {
  const catalog = await exercise(200, 'GET', '/catalog', { query: '?page_size=1000' });
  assert.equal(catalog.json.results.length, catalog.json.total);
  const { json } = await exercise(200, 'GET', '/data-tables');
  assert.deepEqual(json.tables.map((table) => table.selection_code), catalog.json.results.map((table) => table.selection_code));
  for (const { selection_code } of json.tables) {
    const table = await exercise(200, 'GET', '/data-table', { query: `?table=${encodeURIComponent(selection_code)}` });
    assert.notEqual(table.json.rows.length, 0);
    for (const row of table.json.rows) assert.equal(row.length, table.json.columns.length);
  }
  await exercise(404, 'GET', '/data-table', { query: '?table=x' });
  await exercise(422, 'GET', '/data-table');
  await exercise(422, 'GET', '/catalog', { query: '?page=0' });
  for (const path of ['/catalog', '/data-tables', '/data-table']) await exercise(404, 'GET', path, { on: narrow });
});

test('A run that was delivered long enough ago is gone, and never executed again', async () => {
  const forgetful = await new Server(otherWorker, { HOLDFAST_RUN_RETENTION: '1ms' }).start();
  try {
    const run_id = randomUUID();
    const body = { prompt: 'text', thread_id: 't', run_id };
    await exercise(200, 'POST', '/analyze', { on: forgetful, body });
    await exercise(204, 'POST', `${run}/ack`, { on: forgetful, params: { run_id } });
    // A server looks for such runs when it starts.
    await forgetful.kill();
    await forgetful.start();
    while ((await send(forgetful.base, 'GET', `/v1/runs/${run_id}`)).status === 200) await setTimeout(20);
    const gone = { on: forgetful, params: { run_id, thread_id: 't' } };
    for (const path of [run, `${run}/events`, `${run}/timeline`, `${run}/response`, '/debug/run-id/{run_id}']) await exercise(410, 'GET', path, gone);
    for (const path of ['/analyze', start]) await exercise(410, 'POST', path, { ...gone, body });
    await exercise(410, 'POST', '/feedback', { ...gone, body: { run_id, feedback: 1 } });
    await exercise(410, 'POST', '/sentiment', { ...gone, body: { run_id, sentiment: true } });
  } finally {
    await forgetful.stop();
  }
});

test('The answer on a guaranteed route can be had again, or why there is none', async () => {
  await calm();
  const path = `${run}/response`;
  const ask = (prompt) => send(narrow.base, 'POST', '/guide', { body: { prompt }, headers: { Prefer: 'respond-async' } });
  const asked = async (prompt) => (await ask(prompt)).headers['holdfast-run-id'];
  const wait = { on: narrow, headers: { Prefer: 'wait=25' } };
  const answered = await exercise(200, 'GET', path, { ...wait, params: { run_id: await asked('x') } });
  assert.equal(answered.json.result, 'forty-two');

  const lost = await asked('sleep 3');
  await exercise(202, 'GET', path, { on: narrow, params: { run_id: lost } });
  let started;
  while (!started) started = (await narrow.get(`/v1/runs/${lost}/timeline`)).entries.find((entry) => entry.kind === 'started');
  process.kill(started.pid, 'SIGKILL');
  await exercise(502, 'GET', path, { ...wait, params: { run_id: lost } });

  const stopped = await asked('sleep 3');
  while ((await send(narrow.base, 'POST', `/v1/runs/${stopped}/cancel`)).status !== 202);
  await exercise(409, 'GET', path, { ...wait, params: { run_id: stopped } });
  await exercise(504, 'GET', path, { ...wait, params: { run_id: await asked('sleep 60') } });
  await exercise(404, 'GET', path, { params: { run_id: (await finishedRun()).run_id } });
  await exercise(400, 'GET', path, { params: { run_id: 'x' } });
});

test('Probes measure the path, 32 at once', async () => {
  const { json } = await exercise(200, 'GET', '/v1/probe/hold', { query: '?seconds=0', headers: { Prefer: 'wait=1' } });
  assert.deepEqual(json, { held_seconds: 0, headers: { Prefer: 'wait=1' } });
  await exercise(200, 'GET', '/v1/probe/stream', { query: '?events=1' });
  await exercise(422, 'GET', '/v1/probe/hold', { query: '?seconds=181' });
  await exercise(422, 'GET', '/v1/probe/stream', { query: '?events=0' });
  const held = Array.from({ length: 32 }, () => send(server.base, 'GET', '/v1/probe/hold?seconds=3'));
  while ((await send(server.base, 'GET', '/v1/probe/hold?seconds=0')).status === 200);
  await exercise(503, 'GET', '/v1/probe/hold', { query: '?seconds=0' });
  await exercise(503, 'GET', '/v1/probe/stream', { query: '?events=1' });
  await Promise.all(held);
});

test('A database that cannot be written is told', async () => {
  const full = await new Server(otherWorker).start();
  try {
    // No file may grow any more.
    execFileSync('prlimit', [`--pid=${full.process.pid}`, '--fsize=1024']);
    await exercise(503, 'POST', start, { on: full, params: { thread_id: 't' }, body: { prompt: 'text' } });
    const { json } = await exercise(503, 'GET', '/health/database', { on: full });
    assert.equal(json.status, 'unhealthy');
    assert.notEqual(json.error, null);
  } finally {
    await full.stop();
  }
});

test('A run that fails, is stopped or takes too long says so in the compatible form', async () => {
  await calm();
  const analyze = (prompt, run_id) => ({ on: narrow, body: { prompt, thread_id: 't', run_id } });
  await exercise(500, 'POST', '/analyze', analyze('fail'));
  const run_id = randomUUID();
  const stopped = exercise(409, 'POST', '/analyze', analyze('sleep 3', run_id));
  while ((await send(narrow.base, 'POST', `/v1/runs/${run_id}/cancel`)).status === 404);
  await stopped;
  // Its worker was stopped; the time of the next run does not begin before there is another.
  await exercise(200, 'POST', '/analyze', analyze('text'));
  // The time limit of a run is only a second below that of an answer without early bytes.
  while ((await narrow.get('/health')).workers.ready === 0) await setTimeout(20);
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

test('A user who has started as much as one may is refused, and told when to try again', async () => {
  await exercise(202, 'POST', '/analyze', { on: frugal, body: { prompt: 'one', thread_id: 't' }, headers: { Prefer: 'respond-async' } });
  await exercise(429, 'POST', '/analyze', { on: frugal, body: { prompt: 'two', thread_id: 't' } });
  await exercise(429, 'POST', start, { on: frugal, params: { thread_id: 't' }, body: { prompt: 'three' } });
  const { json } = await exercise(200, 'GET', '/health/rate-limits', { on: frugal });
  assert.equal(json.rate_limit_requests, 1);
  assert.equal(json.active_clients, 1);
});

test('The state of the server can be asked', async () => {
  const database = ['/health/database', '/health/prepared-statements', '/debug/pool-status'];
  for (const path of ['/livez', '/readyz', '/startupz', '/health', '/health/memory', ...database]) await exercise(200, 'GET', path);
  const { json } = await exercise(200, 'GET', '/initial-followup-prompts');
  assert.equal(json.length, 3);
  const { headers } = await exercise(200, 'GET', '/metrics');
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4');
});

test('The connections to the database are replaced on request of an administrator', async () => {
  const path = '/admin/reset-pool';
  const { json } = await exercise(200, 'POST', path);
  assert.equal(json.status, 'nothing_to_reset');
  await exercise(403, 'POST', path, { on: guarded, headers: { Authorization: `Bearer ${adasKey}` } });
  await exercise(503, 'POST', path, { on: cut });
});

test('Memory is given back on request of an administrator, who is told what each step gave', async () => {
  const path = '/admin/relieve';
  const { json } = await exercise(200, 'POST', path);
  assert.deepEqual(json.steps.map((step) => step.action),
    ['result_cache', 'idle_entries', 'own_allocator', 'trim_workers', 'connection_pool', 'replace_workers']);
  assert.equal(json.steps[1].end, 'relieved');
  // The built-in worker is told by a signal, which would end a program that does not know it.
  assert.equal(json.steps[3].end, 'relieved');
  const pids = async () => (await exercise(200, 'GET', '/health/memory')).json.workers.map((worker) => worker.pid);
  const before = await pids();
  await exercise(200, 'POST', path);
  assert.deepEqual(await pids(), before);
  await exercise(403, 'POST', path, { on: guarded, headers: { Authorization: `Bearer ${adasKey}` } });
});

test('An equal question is given the answer that is there, until an administrator clears the cache', async () => {
  const path = '/admin/clear-cache';
  await exercise(200, 'POST', path);
  const sharing = () => finishedRun(randomUUID(), {});
  const first = await sharing();
  const second = await sharing();
  assert.deepEqual(second.usage.cache, { hit: true, from: first.run_id });
  assert.equal((await exercise(200, 'GET', '/health/memory')).json.cache_info.hits > 0, true);
  assert.equal((await exercise(200, 'POST', path)).json.entries, 1);
  assert.equal((await sharing()).usage.cache, undefined);
  await exercise(403, 'POST', path, { on: guarded, headers: { Authorization: `Bearer ${adasKey}` } });
});

test('What happened to the servers is listed for administrators, page by page', async () => {
  const path = '/v1/incidents';
  const before = await exercise(200, 'GET', path);
  assert.equal(before.json.complete, true);
  assert.equal(before.json.next_cursor, null);
  const twice = await new Server(otherWorker).start();
  try {
    const all = async (query = '') => (await exercise(200, 'GET', path, { on: twice, query })).json.incidents;
    // Noted a moment after the start: a kill before that would leave nothing behind.
    const starts = async (count) => {
      while ((await all('?kind=started')).length < count) await setTimeout(20);
    };
    await starts(1);
    await twice.kill();
    await twice.start();
    await starts(2);
    const [latest, first] = await all('?kind=started');
    assert.ok(latest.at >= first.at);
    assert.equal(latest.body.recovered_runs, 0);
    assert.equal((await all(`?kind=started&since=${latest.at + 1}`)).length, 0);
    const page = await exercise(200, 'GET', path, { on: twice, query: '?kind=started&limit=1' });
    assert.match(page.headers.link, /kind=started.*rel="next"/);
    assert.deepEqual(page.json.incidents, [latest]);
    const next = await exercise(200, 'GET', path, { on: twice, query: `?kind=started&limit=1&cursor=${encodeURIComponent(page.json.next_cursor)}` });
    assert.deepEqual(next.json.incidents, [first]);
    assert.equal(next.json.next_cursor, null);
  } finally {
    await twice.stop();
  }
  await exercise(400, 'GET', path, { query: '?cursor=x' });
  for (const query of ['?limit=0', '?since=yesterday', '?kind=A%20B']) await exercise(422, 'GET', path, { query });
  await exercise(403, 'GET', path, { on: guarded, headers: { Authorization: `Bearer ${adasKey}` } });
  // With the database away, what is noted here is told, and that it is not all.
  while ((await exercise(200, 'GET', path, { on: cut })).json.incidents.length === 0) await setTimeout(20);
  assert.equal((await exercise(200, 'GET', path, { on: cut })).json.complete, false);
});

/** The first event of a console's stream, as text; the stream goes on until `end()`. */
async function openConsole(on, headers = {}) {
  const stop = new AbortController();
  const response = await fetch(`${on.base}/v1/operations/events`, { headers, signal: stop.signal });
  let body = '';
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  while (!/\ndata: .*\n\n/.test(body)) body += (await reader.read()).value;
  const seenHead = { status: response.status, headers: Object.fromEntries(response.headers), body };
  return { ...seenHead, read: async () => (await reader.read()).value, end: () => stop.abort() };
}

test('A console is told everything, to each what is theirs', async () => {
  const path = '/v1/operations/events';
  await finishedRun();
  const dataOf = (text) => JSON.parse(/\ndata: (.*)\n\n/.exec(text)[1]);
  const console = check('GET', path, await openConsole(server));
  const all = dataOf(console.body);
  assert.deepEqual(faultsOfValue('OperationsSnapshot', all), []);
  assert.equal(all.topics.ended[0].status, 'completed');
  const change = dataOf(`\n${(await console.read()).replace(/^event: change/, '')}`);
  assert.deepEqual(faultsOfValue('OperationsChange', change), []);
  console.end();
  const own = await openConsole(guarded, { Authorization: `Bearer ${adasKey}` });
  assert.deepEqual(faultsOfValue('OperationsSnapshot', dataOf(own.body)), []);
  assert.deepEqual(Object.keys(dataOf(own.body).topics), ['runs', 'ended']);
  own.end();
  const many = [];
  for (let i = 0; i < 16; i++) many.push(await openConsole(narrow));
  await exercise(503, 'GET', path, { on: narrow });
  for (const one of many) one.end();
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
