// The real server with the scripted worker, and what can be known of its runs without its word.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Server, program } from '../../support/server.mjs';
import { freePort } from './ports.mjs';

// Every time is a fiftieth of the real one, so the ratios are those that users live with: 5 s of hold, 10 s between
// heartbeats, 25 s of waiting, and a proxy that cuts 30 s of silence.
export const heartbeat = 200;
export const silenceCut = 600;
const silences = ['server.hold=100ms', `server.heartbeat=${heartbeat}ms`, 'server.max_wait=500ms'];

const pieces = 3;
/** What the pieces of an answer are, put together. */
export const wholeText = Array.from({ length: pieces }, (_, i) => `část ${i + 1} z ${pieces} 🙂 `).join('');

/** Waits for `condition`, which may be asynchronous, to hold. */
export async function until(what, condition, patience = 60_000) {
  const end = performance.now() + patience;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > end) throw new Error(`never came: ${what}`);
    await pause(5);
  }
}

export class World {
  /** Starts a server of which `workers` runs can be worked on at a time. The one place that says how it is started. `times`: of its silences. */
  static async open({ workers = 6, flags = '--stream --steps 2', times = silences } = {}) {
    const world = new World();
    const server = (world.server = new Server());
    world.gates = join(server.directory, 'gates');
    world.record = join(server.directory, 'executions');
    mkdirSync(world.gates);
    const worker = `${join(dirname(program), 'scripted_worker')} --socket {socket} --report ${flags} --deltas ${pieces} --record ${world.record} --gate ${world.gates}`;
    // What is asked here waits at a gate, many at once: a first run that goes alone until its need is known would keep it shut.
    const settings = [...times, `runs.max_concurrent=${workers}`, 'worker.grace_period=500ms', 'memory.mode=observe'];
    server.args = ['--worker', worker, ...settings.flatMap((setting) => ['--set', setting])];
    // Another store: the same tests, the same verdict.
    if (process.env.HOLDFAST_TEST_DATABASE) server.args.push('--database', process.env.HOLDFAST_TEST_DATABASE);
    server.port = await freePort();
    await server.start();
    return world;
  }

  get port() {
    return this.server.port;
  }

  /** Lets the run have its result. Until then its worker has sent every step and piece, and waits. */
  openGate(runId) {
    writeFileSync(join(this.gates, runId), '');
  }

  /** Every time a worker was given that run, as the workers themselves wrote it down. */
  executions(runId) {
    if (!existsSync(this.record)) return [];
    return readFileSync(this.record, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith(runId))
      .map((line) => ({ attempt: Number(line.split(' ')[1]), pid: Number(line.split(' ')[2]) }));
  }

  /** SIGKILL to the worker that has the run now. */
  async killWorkerOf(runId) {
    const { pid } = await until('an execution', () => this.executions(runId).at(-1));
    process.kill(pid, 'SIGKILL');
  }

  /** A crash of the server and the next start, on the same data and port. */
  async killAndRestart() {
    await this.server.kill();
    await this.server.start();
  }

  run(runId) {
    return this.server.get(`/v1/runs/${runId}`);
  }

  /** The run waits for a worker. */
  async inLine(runId) {
    const { runs } = await this.server.get('/v1/runs?status=queued');
    return runs.some((run) => run.run_id === runId);
  }

  async inbox(threadId) {
    const { runs } = await this.server.get(`/v1/runs?undelivered=true&thread_id=${threadId}`);
    return runs.map((run) => run.run_id);
  }

  async timeline(runId) {
    return (await this.server.get(`/v1/runs/${runId}/timeline`)).entries;
  }

  close() {
    return this.server.stop();
  }
}
