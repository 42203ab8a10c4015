// A PostgreSQL 15 server of our own: in a temporary directory, on a free loopback port, durable as it should be.
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { Service, freePort, until } from './processes.mjs';

const programs = '/usr/lib/postgresql/15/bin/';
const user = 'postgres';

const settings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '256MB',
  max_connections: '300',
  // No checkpoint in the middle of a cell: one is asked for before each.
  max_wal_size: '8GB',
  checkpoint_timeout: '1h',
};

export class Cluster {
  static async start(directory) {
    const cluster = new Cluster();
    cluster.directory = join(directory, 'postgres');
    mkdirSync(cluster.directory);
    if (process.getuid() === 0) {
      const id = (flag) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
      chownSync(cluster.directory, id('-u'), id('-g'));
    }
    const data = join(cluster.directory, 'data');
    const initialise = new Service(
      [`${programs}initdb`, '-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8'],
      { log: join(directory, 'initdb.log'), user },
    );
    if ((await initialise.ended) !== 0) throw new Error(`initdb:\n${initialise.output()}`);
    cluster.port = await freePort();
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    cluster.service = new Service(
      [`${programs}postgres`, '-D', data, '-k', cluster.directory, '-h', '127.0.0.1', '-p', `${cluster.port}`, ...flags],
      { log: join(directory, 'postgres.log'), user, signal: 'QUIT' },
    );
    await until(() => cluster.service.running && cluster.query('postgres', 'SELECT 1').catch(() => false), 'PostgreSQL is ready');
    return cluster;
  }

  url(database) {
    return `postgresql://bench@127.0.0.1:${this.port}/${database}`;
  }

  async query(database, sql, values) {
    const client = new pg.Client({ connectionString: this.url(database) });
    await client.connect();
    try {
      return (await client.query(sql, values)).rows;
    } finally {
      await client.end();
    }
  }

  async count(database, from) {
    return Number((await this.query(database, `SELECT count(*) FROM ${from}`))[0].count);
  }

  /** An empty database in the place of the one of that name. */
  async freshDatabase(name) {
    await this.query('postgres', `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await this.query('postgres', `CREATE DATABASE ${name}`);
    return name;
  }

  /** What bears on durability and speed, as the server has it in force. */
  async describe() {
    const names = [...Object.keys(settings), 'server_version', 'wal_sync_method', 'commit_delay', 'wal_level'];
    const rows = await this.query(
      'postgres', 'SELECT name, current_setting(name) AS value FROM pg_settings WHERE name = ANY ($1) ORDER BY name', [names]);
    return rows.map(({ name, value }) => `${name}=${value}`).join(', ');
  }

  stop() {
    return this.service.stop('SIGINT');
  }
}
