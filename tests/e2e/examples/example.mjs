// An example as its README starts it, on a free port and with data of its own.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(new URL('../../..', import.meta.url)));
const built = 'build/release/bin/holdfast';

export async function until(what, look, patience = 60_000) {
  for (const end = performance.now() + patience; ; await pause(20)) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`never came: ${what}`);
  }
}

/** The blocks of code of that language in the example's README. */
function codeOf(name, language) {
  const text = readFileSync(join(root, 'examples', name, 'README.md'), 'utf8');
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].filter(([, of]) => of === language).map(([, , code]) => code.trim());
}

/** Runs the README's blocks without a language: what is done once. */
export async function prepare(name) {
  for (const code of codeOf(name, '')) {
    const [status] = await once(spawn('sh', ['-ec', code], { cwd: root, stdio: 'inherit' }), 'close');
    if (status !== 0) throw new Error(`${code}: ${status}`);
  }
}

export class Example {
  said = '';

  static async start(name, environment = {}) {
    const example = new Example();
    const [command, ...others] = codeOf(name, 'sh');
    if (!command?.startsWith(`${built} serve `) || others.length > 0) throw new Error(`the README of ${name} has one command to start it`);
    example.data = mkdtempSync('/tmp/hf-');
    const program = process.env.HOLDFAST_BIN ?? built;
    const line = `exec ${command.replace(built, program)} --listen 127.0.0.1:0 --data ${example.data} --set worker.grace_period=500ms`;
    const env = { ...process.env, WORK_SECONDS: '1', PYTHONDONTWRITEBYTECODE: '1', ...environment };
    example.process = spawn('sh', ['-c', line], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    example.ended = once(example.process, 'close');
    example.process.stderr.on('data', (text) => (example.said += text));
    const address = new Promise((found) => {
      createInterface(example.process.stdout).on('line', (line) => {
        const match = /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(line);
        if (match) found(match[1]);
      });
    });
    example.base = await Promise.race([address, example.ended.then(() => undefined)]);
    if (!example.base) throw new Error(`it ended at once:\n${example.said}`);
    await until('a worker', async () => {
      if (/workers\.crash_loop/.test(example.said)) throw new Error(`its worker does not start:\n${example.said}`);
      return (await fetch(`${example.base}/nothing-here`)).status < 500;
    });
    return example;
  }

  async get(path) {
    const response = await fetch(this.base + path);
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async ask(body, headers = {}) {
    const whole = { prompt: 'how many words is this', thread_id: 't', run_id: randomUUID(), ...body };
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify(whole) };
    const response = await fetch(`${this.base}/analyze`, init);
    if (!response.ok) throw new Error(`POST /analyze: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async timeline(runId) {
    return (await this.get(`/v1/runs/${runId}/timeline`)).entries;
  }

  /** SIGKILL to the process that works on the run. Resolves to true; rejects while nobody does. */
  async killWorkerOf(runId) {
    const { pid } = (await this.timeline(runId)).findLast((entry) => entry.kind === 'started');
    process.kill(workingProcess(pid), 'SIGKILL');
    return true;
  }

  /** Asks, kills the process that works on it once it works, and returns the run as it ended. */
  async askAndKill(body, { works } = {}) {
    const run_id = randomUUID();
    await this.ask({ ...body, run_id }, { Prefer: 'respond-async' });
    await until('a start', async () => (await this.timeline(run_id)).some((entry) => entry.kind === 'started'));
    await (works ? until('work', () => works(run_id)) : pause(300));
    await this.killWorkerOf(run_id);
    return until(`the end of ${run_id}`, async () => {
      const run = await this.get(`/v1/runs/${run_id}`);
      return ['completed', 'failed', 'cancelled', 'expired'].includes(run.status) && run;
    });
  }

  async stop() {
    this.process.kill('SIGTERM');
    const patience = setTimeout(() => this.process.kill('SIGKILL'), 15_000);
    await this.ended;
    clearTimeout(patience);
    rmSync(this.data, { recursive: true, force: true });
  }
}

/** A server that forks works in its child. */
function workingProcess(pid) {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return child ? workingProcess(Number(child)) : pid;
}
