// What is measured: made afresh for each round, asked for its cells, checked, stopped.
import { join } from 'node:path';
import { askOnce, loadHttp } from '../support/load.mjs';
import { Service, freePort, processorSeconds } from '../support/processes.mjs';

/** Something that answers POST over HTTP, with its journal in a database of its own. */
export class HttpContender {
  services = [];
  path = '/analyze';
  asked = 0;

  /** `bench`: cluster, directory, programs, workers. */
  constructor(bench) {
    this.bench = bench;
  }

  log(name) {
    return join(this.bench.directory, `${name}.log`);
  }

  start(name, command, options = {}) {
    const service = new Service(command, { log: this.log(name), ...options });
    this.services.push(service);
    return service;
  }

  async open() {
    this.port = await freePort();
    await this.launch();
    await askOnce(this);
    this.asked++;
  }

  async load(connections, requests) {
    this.asked += requests;
    return loadHttp(this.bench.loader, this, connections, requests);
  }

  /** Of this contender and the database, the load generator not included. */
  processorSeconds() {
    return processorSeconds([this.bench.cluster.service.pid, ...this.services.map(({ pid }) => pid)]);
  }

  async close() {
    for (const service of this.services) await service.stop();
  }
}

/** A library in a small server of Node's. */
export class LibraryContender extends HttpContender {
  pool = 10;
  processes = 1;

  async launch() {
    const { cluster } = this.bench;
    this.database = await cluster.freshDatabase(this.database ?? `peer_${this.server.replaceAll('-', '_')}`);
    const env = {
      NODE_ENV: 'production',
      PEER_PORT: `${this.port}`,
      PEER_DATABASE: cluster.url(this.database),
      PEER_POOL: `${this.bench.pool ?? this.pool}`,
      PEER_PROCESSES: `${this.bench.processes ?? this.processes}`,
      LANGSMITH_TRACING: 'false',
    };
    const start = new URL('../servers/start.mjs', import.meta.url).pathname;
    const listening = Number(env.PEER_PROCESSES) > 1 ? /peer: all listening/ : /peer: listening/;
    await this.start(this.server, [process.execPath, start, this.server], { env }).says(listening);
  }
}
