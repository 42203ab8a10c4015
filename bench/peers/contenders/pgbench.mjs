import { execFile } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { prompt } from '../support/load.mjs';
import { processorSeconds } from '../support/processes.mjs';

const run = promisify(execFile);
const program = '/usr/lib/postgresql/15/bin/pgbench';
const request = JSON.stringify({ prompt, thread_id: 'bench' });
const answer = JSON.stringify({ result: prompt });

const insert = (columns, values) => `INSERT INTO runs (id, ${columns}) VALUES (gen_random_uuid(), ${values})`;
const oneCommit = `${insert('status, request, answer', `'completed', '${request}', '${answer}'`)};\n`;
const twoCommits = `${insert('status, request', `'accepted', '${request}'`)} RETURNING id \\gset
UPDATE runs SET status = 'completed', answer = '${answer}' WHERE id = :id::uuid;\n`;

/** The limit of single-row commits: nothing between the client and the table. */
class Pgbench {
  asked = 0;

  constructor(bench) {
    this.bench = bench;
  }

  async open() {
    const { cluster, directory } = this.bench;
    this.database = await cluster.freshDatabase('plain');
    await cluster.query(this.database, 'CREATE TABLE runs (id uuid PRIMARY KEY, status text NOT NULL, request text NOT NULL, answer text)');
    this.script = join(directory, 'pgbench.sql');
    writeFileSync(this.script, this.sql);
  }

  async load(connections, requests) {
    const { cluster, directory } = this.bench;
    const each = Math.ceil(requests / connections);
    this.asked += each * connections;
    const { stdout } = await run(program, ['-h', '127.0.0.1', '-p', `${cluster.port}`, '-U', 'bench', '-n', '-M', 'prepared', '-f', this.script,
      '-c', `${connections}`, '-j', `${Math.min(2, connections)}`, '-t', `${each}`, '-l', '--log-prefix', join(directory, 'pgbench'), this.database]);
    const logs = readdirSync(directory).filter((name) => /^pgbench\.\d/.test(name)).map((name) => join(directory, name));
    // A line a transaction; the third word is its microseconds.
    const took = logs.flatMap((log) => readFileSync(log, 'utf8').trimEnd().split('\n').map((line) => Number(line.split(' ')[2]) / 1000));
    for (const log of logs) rmSync(log);
    took.sort((a, b) => a - b);
    const at = (share) => took[Math.floor(share * (took.length - 1))];
    return { rate: Number(/tps = ([\d.]+)/.exec(stdout)[1]), p50: at(0.5), p99: at(0.99) };
  }

  async completed() {
    return this.bench.cluster.count(this.database, "runs WHERE status = 'completed' AND answer IS NOT NULL");
  }

  processorSeconds() {
    return processorSeconds([this.bench.cluster.service.pid]);
  }

  async close() {}
}

export class OneCommit extends Pgbench {
  static key = 'pgbench-1';
  name = 'limit: pgbench, one commit';
  sql = oneCommit;
}

export class TwoCommits extends Pgbench {
  static key = 'pgbench-2';
  name = 'limit: pgbench, two commits';
  sql = twoCommits;
}
