import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { HttpContender } from './contender.mjs';

export class Holdfast extends HttpContender {
  static key = 'holdfast';
  name = 'Holdfast';

  async launch() {
    const { cluster, directory, build, workers } = this.bench;
    this.database = await cluster.freshDatabase('holdfast');
    const env = {
      MAX_CONCURRENT_ANALYSES: `${workers}`,
      // One client stands for many users here: their limits would be what is measured.
      RATE_LIMIT_REQUESTS: '0',
      RATE_LIMIT_BURST: '0',
      HOLDFAST_LIMIT_WAITING: '0',
    };
    const command = [join(build, 'holdfast'), 'serve', '--listen', `127.0.0.1:${this.port}`, '--data', mkdtempSync(join(directory, 'd')),
      '--database', cluster.url(this.database), '--worker', `${join(build, 'scripted_worker')} --socket {socket}`];
    await this.start('holdfast', command, { env }).says(/listening on http/);
  }

  async completed() {
    return this.bench.cluster.count(this.database, "runs WHERE status = 'completed' AND result <> ''");
  }
}
