// Starts and ends the real server for tests written in JavaScript.
//
// HOLDFAST_BIN names the program; the default is the release build. Everything a server writes goes into a
// directory of its own, which is removed at the end.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const program = resolve(process.env.HOLDFAST_BIN ?? join(root, 'build/release/bin/holdfast'));

/** The built-in worker with every step slowed down, so that a test can act in the middle of a run. */
export function slowWorker(delay) {
  return ['--worker', `${join(dirname(program), 'holdfast-text2sql')} --socket {socket} --step-delay ${delay}`];
}

// Tests send more than one user may.
const kNoUserLimits = { RATE_LIMIT_REQUESTS: '0', RATE_LIMIT_BURST: '0', HOLDFAST_LIMIT_WAITING: '0' };

export class Server {
  base = '';
  /** What it has said so far; for the message of a failing test. */
  said = '';

  /** `args` go behind `serve`; `environment` is all it gets besides PATH, HOME and no limits for users. */
  constructor(args = [], environment = {}) {
    this.args = args;
    this.environment = environment;
    this.directory = mkdtempSync('/tmp/hf-');
    this.port = 0;
  }

  /** Resolves when it listens. A second start, after kill(), takes the same port and data. */
  async start() {
    const { PATH, HOME } = process.env;
    this.process = spawn(
      program,
      ['serve', '--listen', `127.0.0.1:${this.port}`, '--data', join(this.directory, 'data'), ...this.args],
      { cwd: this.directory, env: { PATH, HOME, ...kNoUserLimits, ...this.environment }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.ended = once(this.process, 'close');
    this.process.stderr.on('data', (text) => (this.said += text));
    const lines = createInterface(this.process.stdout);
    const listening = new Promise((found) => {
      lines.on('line', (line) => {
        this.said += `${line}\n`;
        const address = /listening on (http:\/\/127\.0\.0\.1:(\d+))/.exec(line);
        if (address) found(address);
      });
    });
    const address = await Promise.race([listening, this.ended.then(() => undefined)]);
    if (!address) throw new Error(`the server ended at once:\n${this.said}`);
    this.base = address[1];
    this.port = Number(address[2]);
    return this;
  }

  /** A new key for `subject`, for a server with HOLDFAST_AUTH=api-key. Before start(), or at any time. */
  addKey(subject) {
    const { PATH, HOME } = process.env;
    const options = { cwd: this.directory, env: { PATH, HOME }, stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' };
    return execFileSync(program, ['key', 'add', subject, '--data', join(this.directory, 'data')], options).trim();
  }

  /** As a crash: nothing is written, nobody is told. */
  async kill() {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  terminate() {
    this.process.kill('SIGTERM');
  }

  /** Ends it and removes what it wrote. */
  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGTERM');
      const patience = setTimeout(() => this.process.kill('SIGKILL'), 10_000);
      await this.ended;
      clearTimeout(patience);
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  async get(path) {
    const response = await fetch(this.base + path);
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}
