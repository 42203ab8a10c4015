// A Holdfast server of our own, on SQLite, for the benches of its memory governor.
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Service, freePort } from '../peers/support/processes.mjs';

export const load = () => readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');

/** `worker`: its command, without where it listens. */
export async function startServer({ build, directory, worker, env }) {
  const port = await freePort();
  const data = mkdtempSync(join(directory, 'd'));
  const command = [join(build, 'holdfast'), 'serve', '--listen', `127.0.0.1:${port}`, '--data', data, '--worker', `exec ${worker} --socket {socket}`];
  // One client stands for many users here: their limits would be what is measured.
  const limits = { RATE_LIMIT_REQUESTS: '0', RATE_LIMIT_BURST: '0', HOLDFAST_LIMIT_WAITING: '0' };
  const service = new Service(command, { log: join(data, 'log'), env: { ...limits, ...env } });
  await service.says(/listening on http/);
  return { service, port, data };
}

/** Milliseconds of processor time of a process, its threads together, that of its children not included. */
export function processorMs(pid) {
  const tasks = readdirSync(`/proc/${pid}/task`);
  return tasks.reduce((sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e6, 0);
}
