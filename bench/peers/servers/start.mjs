// Starts the server of that name in PEER_PROCESSES processes on one port, one after the other: the first makes the tables.
import cluster from 'node:cluster';
import { once } from 'node:events';

const count = Number(process.env.PEER_PROCESSES);

if (cluster.isPrimary && count > 1) {
  cluster.on('exit', () => process.exit(1));
  for (let made = 0; made < count; made++) await once(cluster.fork(), 'listening');
  console.log('peer: all listening');
} else {
  await import(`./${process.argv[2]}.mjs`);
}
