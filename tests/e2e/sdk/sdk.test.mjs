// The worker SDKs behind the real server: a run whose worker dies after its second checkpoint goes on from there.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Server } from '../../support/server.mjs';

const workers = fileURLToPath(new URL('workers', import.meta.url));
const python = '/usr/bin/python3'; // Debian's: it has uvicorn.
const kinds = {
  'Python under a WSGI server': `${python} ${workers}/wsgi_worker.py {port}`,
  'Python under uvicorn (ASGI)': `${python} -m uvicorn --app-dir ${workers} asgi_worker:app --uds {socket} --log-level warning`,
  'Node http': `${process.execPath} ${workers}/node_worker.mjs {socket}`,
};

async function until(what, look) {
  for (const end = performance.now() + 60_000; ; await pause(20)) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`never came: ${what}`);
  }
}

for (const [kind, command] of Object.entries(kinds)) {
  describe(kind, () => {
    let server;
    before(async () => {
      server = await new Server(['--worker', command, '--set', 'worker.grace_period=500ms']).start();
    });
    after(() => server.stop());

    const timeline = async (id) => (await server.get(`/v1/runs/${id}/timeline`)).entries;
    async function ask(prompt, prefer = 'respond-async') {
      const run_id = randomUUID();
      const init = { method: 'POST', headers: { 'Content-Type': 'application/json', Prefer: prefer }, body: JSON.stringify({ prompt, run_id }) };
      const response = await fetch(`${server.base}/v1/threads/t/runs`, init);
      assert.ok(response.ok, await response.clone().text());
      return response.json();
    }
    const ended = (id) =>
      until(`the end of ${id}`, async () => {
        const run = await server.get(`/v1/runs/${id}`);
        return ['completed', 'failed', 'cancelled', 'expired'].includes(run.status) && run;
      });
    /** The process that made the second checkpoint and waits. */
    const waitingWorker = (id) =>
      until('the second checkpoint', async () => {
        const entries = await timeline(id);
        const told = entries.find((entry) => entry.kind === 'progress' && entry.step === 'query');
        return entries.filter((entry) => entry.kind === 'checkpoint').length === 2 && Number(told.message.split(' ')[1]);
      });

    test('progress, checkpoints and pieces of the answer are events of the run', async () => {
      const { run_id } = await ask('plain');
      const run = await ended(run_id);
      assert.equal(run.status, 'completed', JSON.stringify(run.error));
      assert.deepEqual(run.result.done.map(([step]) => step), ['schema', 'query']);
      assert.ok(run.result.seconds > 0 && run.result.seconds < 241);
      assert.equal(run.result.user, 'local');
      const stream = await (await fetch(`${server.base}/v1/runs/${run_id}/events`)).text();
      for (const word of ['event: progress', '"step":"schema"', '"step":"query"', 'event: delta', 'half 🙂 ', 'event: done']) assert.ok(stream.includes(word), word);
    });

    test('a worker killed after its second checkpoint costs an attempt, not what was done', async () => {
      const { run_id } = await ask('wait');
      const killed = await waitingWorker(run_id);
      process.kill(killed, 'SIGKILL');
      const run = await ended(run_id);
      assert.equal(run.status, 'completed', JSON.stringify(run.error));
      assert.equal(run.attempt, 2);
      assert.equal(run.result.from, 'query');
      assert.deepEqual(run.result.done, [['schema', killed], ['query', killed]]);
      assert.notEqual(run.result.pid, killed);
      assert.equal((await timeline(run_id)).filter((entry) => entry.kind === 'attempt_lost').length, 1);
    });

    test('a cancelled run is cancelled, and the next one is answered', async () => {
      const { run_id } = await ask('wait');
      await waitingWorker(run_id);
      await fetch(`${server.base}/v1/runs/${run_id}/cancel`, { method: 'POST' });
      assert.equal((await ended(run_id)).status, 'cancelled');
      assert.equal((await ended((await ask('plain')).run_id)).status, 'completed');
    });

    test('a refusal fails the run with its code', async () => {
      const run = await ended((await ask('refuse')).run_id);
      assert.equal(run.status, 'failed');
      assert.match(JSON.stringify(run.error), /not_found.*no such table|no such table.*not_found/);
    });
  });
}
