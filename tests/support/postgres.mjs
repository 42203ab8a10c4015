// A PostgreSQL of its own, on a free port, in a directory that is removed at the end. Its server refuses to be root: as root
// it is run as the user that its Debian package made.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const programs = '/usr/lib/postgresql/15/bin';
const idOf = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export class Postgres {
  static async start() {
    const postgres = new Postgres();
    postgres.directory = mkdtempSync('/tmp/hf-');
    postgres.port = await freePort();
    postgres.as = process.getuid() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
    if (postgres.as.uid) chownSync(postgres.directory, postgres.as.uid, postgres.as.gid);
    const options = { ...postgres.as, cwd: postgres.directory, stdio: 'ignore' };
    const data = join(postgres.directory, 'data');
    execFileSync(`${programs}/initdb`, ['--no-sync', '-D', data, '-U', 'holdfast', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8'], options);
    const settings = ['-c', 'fsync=off', '-c', 'shared_buffers=16MB'];
    postgres.process = spawn(`${programs}/postgres`, ['-D', data, '-k', postgres.directory, '-h', '127.0.0.1', '-p', String(postgres.port), ...settings], options);
    postgres.ended = once(postgres.process, 'close');
    for (let tries = 0; !postgres.#ready(); tries++) {
      if (tries > 1000) throw new Error('PostgreSQL did not start');
      await pause(30);
    }
    return postgres;
  }

  #ready() {
    try {
      execFileSync(`${programs}/pg_isready`, ['-q', '-h', '127.0.0.1', '-p', String(this.port)]);
      return true;
    } catch {
      return false;
    }
  }

  get url() {
    return `postgresql://holdfast@127.0.0.1:${this.port}/postgres`;
  }

  async stop() {
    this.process.kill('SIGINT');
    await this.ended;
    rmSync(this.directory, { recursive: true, force: true });
  }
}
