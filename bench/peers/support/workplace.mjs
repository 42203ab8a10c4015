// A temporary directory in which services run, and which goes with them.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Service } from './processes.mjs';

/** Runs `work(directory)`. The name stays short: paths of Unix sockets in it have to. */
export async function inWorkplace(parent, work) {
  const directory = mkdtempSync(join(parent, 'hp'));
  // The database's user has to get through.
  chmodSync(directory, 0o711);
  const leave = async () => {
    await Promise.all(Service.running().map((service) => service.stop('SIGKILL')));
    // Children of what was killed may still be writing.
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => leave().finally(() => process.exit(130)));
  try {
    await work(directory);
  } catch (error) {
    console.error(Service.lastWords());
    throw error;
  } finally {
    await leave();
  }
}
