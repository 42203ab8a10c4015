import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { freePort, processorSeconds, until } from '../support/processes.mjs';
import { HttpContender } from './contender.mjs';

const program = new URL('../node_modules/@restatedev/restate-server-linux-x64/bin/restate-server', import.meta.url).pathname;

/** Keeps its own storage, beside that of PostgreSQL on the same disk. Its log is synchronised to disk as it ships. */
export class Restate extends HttpContender {
  static key = 'restate';
  name = 'Restate, handler and step';
  path = '/analyses/analyze';

  async launch() {
    const [admin, node, handler] = [await freePort(), await freePort(), await freePort()];
    this.admin = `http://127.0.0.1:${admin}`;
    this.data = mkdtempSync(join(this.bench.directory, 'restate-'));
    const env = {
      RESTATE_DISABLE_TELEMETRY: 'true',
      DO_NOT_TRACK: '1',
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`,
      RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${node}`,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${this.port}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_ADMIN__DISABLE_WEB_UI: 'true',
      RESTATE_LOG_FILTER: 'warn',
      // It ships with 24, for clusters; on two cores one is the fastest.
      RESTATE_DEFAULT_NUM_PARTITIONS: this.bench.partitions ?? '1',
    };
    const server = new URL('../servers/restate.mjs', import.meta.url).pathname;
    await this.start('restate-handler', [process.execPath, server], { env: { NODE_ENV: 'production', PEER_PORT: `${handler}` } })
      .says(/peer: listening/);
    const service = this.start('restate-server', [program, '--base-dir', this.data, '--node-name', 'bench', '--no-logo'], { env });
    await until(() => {
      if (!service.running) throw new Error(service.output());
      return fetch(`${this.admin}/health`).then(({ ok }) => ok, () => false);
    }, 'Restate is ready');
    await until(() => this.post('/deployments', { uri: `http://127.0.0.1:${handler}` }).catch(() => false), 'the handler is registered');
    await until(() => fetch(`http://127.0.0.1:${this.port}/restate/health`).then(({ ok }) => ok, () => false), 'the ingress is ready');
  }

  async post(path, body) {
    const response = await fetch(this.admin + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async completed() {
    const query = "SELECT count(*) AS n FROM sys_invocation WHERE status = 'completed' AND completion_result = 'success'";
    const { rows } = await this.post('/query', { query });
    return Number(rows[0].n);
  }

  processorSeconds() {
    return processorSeconds(this.services.map(({ pid }) => pid));
  }

  async close() {
    await super.close();
    rmSync(this.data, { recursive: true, force: true });
  }
}
