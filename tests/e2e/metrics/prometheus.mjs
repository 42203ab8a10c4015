// A Prometheus of our own (Debian package `prometheus`), in a directory of its own and on a free loopback port.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../delivery/ports.mjs';

/** `promtool ARGS` with `input` on its standard input. */
export function promtool(args, input = '') {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  if (error) throw new Error(`promtool cannot be run (script/bootstrap --with-tests installs it): ${error.message}`);
  return { status, said: (stdout + stderr).trim() };
}

export class Prometheus {
  said = '';

  /** `config` is prometheus.yml; JSON is YAML. */
  constructor(config) {
    this.directory = mkdtempSync('/tmp/hf-prometheus-');
    writeFileSync(join(this.directory, 'prometheus.yml'), JSON.stringify(config));
  }

  async start() {
    const port = await freePort();
    this.base = `http://127.0.0.1:${port}`;
    const options = [
      `--config.file=${join(this.directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(this.directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    this.process = spawn('prometheus', options, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.process.stderr.on('data', (text) => (this.said += text));
    this.ended = once(this.process, 'close');
    const ended = this.ended.then(() => {
      throw new Error(`Prometheus ended at once:\n${this.said}`);
    });
    ended.catch(() => {});
    await Promise.race([ended, this.ready()]);
    return this;
  }

  async ready() {
    for (;;) {
      const response = await fetch(`${this.base}/-/ready`).catch(() => undefined);
      if (response?.ok) return;
      await setTimeout(50);
    }
  }

  async stop() {
    if (this.process && this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGTERM');
      const patience = globalThis.setTimeout(() => this.process.kill('SIGKILL'), 10_000);
      await this.ended;
      clearTimeout(patience);
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  async api(path) {
    const response = await fetch(`${this.base}/api/v1/${path}`);
    return response.json();
  }

  /** The whole answer, also of a query that cannot be read. */
  query(expression) {
    return this.api(`query?query=${encodeURIComponent(expression)}`);
  }

  /** The target of that job, once it was scraped, or could not be. */
  async target(job) {
    for (;;) {
      const { data } = await this.api('targets?state=active');
      const target = data.activeTargets.find(({ labels }) => labels.job === job);
      if (target.health !== 'unknown') return target;
      await setTimeout(100);
    }
  }

  /** Its rules, once each was evaluated. */
  async rules() {
    for (;;) {
      const { data } = await this.api('rules');
      const rules = data.groups.flatMap((group) => group.rules);
      if (rules.length > 0 && rules.every((rule) => rule.health !== 'unknown')) return rules;
      await setTimeout(100);
    }
  }

  /** The value of the only series of `expression`, once `accept` takes it. */
  async value(expression, accept) {
    for (;;) {
      const { data } = await this.query(expression);
      const value = data?.result.length === 1 ? Number(data.result[0].value[1]) : undefined;
      if (value !== undefined && accept(value)) return value;
      await setTimeout(100);
    }
  }
}
