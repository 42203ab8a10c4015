// Analyses that each keep 309 MB, under a hard limit of 512 MB for the whole tree, in turns: docs/benchmarks.md.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Service, freePort, until } from '../peers/support/processes.mjs';
import { markdown, whole } from '../peers/support/table.mjs';
import { inWorkplace } from '../peers/support/workplace.mjs';
import { ask, isUp } from './clients.mjs';
import { contenders } from './contenders.mjs';
import { chooseHow, makeLimit, selfCheck } from './limit.mjs';

const MB = 1 << 20;
const { values: options } = parseArgs({
  options: {
    build: { type: 'string', default: process.env.HOLDFAST_BIN ?? 'build/release/bin' },
    analyses: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '4' },
    clients: { type: 'string', default: '3' },
    mb: { type: 'string', default: '309' },
    'mb-s': { type: 'string', default: '1545' },
    'limit-mb': { type: 'string', default: '512' },
    'most-seconds': { type: 'string', default: '900' },
    how: { type: 'string', default: 'auto' },
    only: { type: 'string', default: Object.keys(contenders).join(',') },
    directory: { type: 'string', default: '/tmp' },
    'self-check': { type: 'boolean', default: false },
  },
});
const chosen = options.only.split(',');
for (const key of chosen) if (!contenders[key]) throw new Error(`--only takes some of ${Object.keys(contenders).join(',')}`);
if (!['auto', 'cgroup', 'watcher'].includes(options.how)) throw new Error('--how takes auto, cgroup or watcher');
const rounds = Number(options.rounds);
const load = () => readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');

/** Started again a second after it has ended by itself, as platforms do. */
const keep = (command) => ['sh', '-c', `while :; do
  setpriv --pdeathsig KILL "$@" & child=$!
  trap 'kill -TERM $child; wait $child; exit 0' TERM
  wait $child
  echo "top process ended: $?"
  sleep 1
done`, 'keep', ...command];

/** One contender's part of a round: started, asked, looked at, stopped. */
async function turn(bench, key, round) {
  const limit = makeLimit(bench);
  const contender = { ...contenders[key], port: await freePort() };
  const { command, env } = contender.start({ ...bench, port: contender.port });
  const service = new Service(limit.wrap(keep(command)), { log: join(bench.directory, `${key}.log`), env });
  try {
    await until(() => isUp(contender), `${contender.name} answers`, { limitMs: 60_000, restMs: 200 });
    limit.watch(service.pid);
    const asked = await ask(contender, {
      analyses: Math.ceil(Number(options.analyses) / rounds), clients: Number(options.clients),
      mostSeconds: Number(options['most-seconds']) / rounds, first: round * 1_000_000,
    });
    const restarts = service.output().match(/^top process ended/gm)?.length ?? 0;
    return { ...asked, ...(await limit.seen()), restarts };
  } finally {
    await service.stop();
    await limit.remove();
  }
}

function summary(turns) {
  const outcomes = turns.flatMap((turn) => turn.outcomes);
  const sum = (what) => turns.reduce((total, turn) => total + turn[what], 0);
  const answered = outcomes.filter(({ wrong }) => !wrong);
  const took = answered.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const at = (share) => took[Math.floor(share * (took.length - 1))] ?? NaN;
  const faults = {};
  for (const { wrong } of outcomes) if (wrong) faults[wrong] = (faults[wrong] ?? 0) + 1;
  return { asked: outcomes.length, answered: answered.length, cameBack: outcomes.filter(({ cameBack }) => cameBack).length,
    kept: sum('floorGrowth') / (0.8 * outcomes.length), kills: sum('kills'), peak: Math.max(...turns.map(({ peak }) => peak)), over: sum('over') / sum('looks'),
    rate: answered.length / sum('seconds'), p50: at(0.5), p99: at(0.99), faults,
    restarts: sum('restarts') };
}

function report(all) {
  const head = ['', 'asked', 'answered at first try', 'lost', 'kills', 'kept MB an analysis', 'peak MB', 'time over %', 'analyses/s', 'p50 ms', 'p99 ms'];
  const rows = all.map(({ name, of }) => [name, of.asked, of.answered, of.asked - of.answered, of.kills, (of.kept / MB).toFixed(2),
    whole(of.peak / MB), Number.isNaN(of.over) ? '-' : (of.over * 100).toFixed(1), of.rate.toFixed(2), whole(of.p50), whole(of.p99)].map(String));
  console.log(`\n${markdown(head, rows)}\n`);
  for (const { name, hasWayBack, of } of all) {
    if (hasWayBack && of.asked > of.answered) {
      console.log(`${name}: of those without an answer at first try ${of.cameBack} came by asking for the run`);
    }
    const faults = Object.entries(of.faults).map(([fault, count]) => `${count} ${fault}`).join(', ');
    if (faults) console.log(`${name}: lost by ${faults}`);
    if (of.restarts) console.log(`${name}: its top process ended ${of.restarts} times, and was started again`);
  }
}

async function run(directory) {
  const build = resolve(options.build);
  const how = chooseHow(options.how);
  const eye = join(build, 'tree_watch');
  const bench = { directory, build, how, eye, limit: Number(options['limit-mb']) * MB, mb: options.mb, mbPerSecond: options['mb-s'],
    flags: `--retain-mb ${options.mb} --alloc-mb-s ${options['mb-s']}` };
  console.log(how === 'cgroup' ? 'Limit: a memory cgroup, in which the kernel kills' : 'Limit: a watcher that kills the largest process, at a look every 5 ms');
  console.log(`Self-check: ${await selfCheck({ how, eye, directory })}`);
  if (options['self-check']) return;
  console.log(`${cpus().length} processors, Node ${process.versions.node}; ${options.analyses} analyses of ${options.mb} MB at ${options['mb-s']} MB/s, ` +
    `limit ${options['limit-mb']} MB, ${options.clients} clients, ${rounds} rounds; load before: ${load()}`);
  const begun = Date.now();
  const turns = Object.fromEntries(chosen.map((key) => [key, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const key of chosen) {
      turns[key].push(await turn(bench, key, round));
      const { answered, asked, kills, rate } = summary(turns[key]);
      console.error(`  round ${round}, ${contenders[key].name}: ${answered} of ${asked}, ${kills} kills, ${rate.toFixed(2)} /s`);
    }
  }
  report(chosen.map((key) => ({ ...contenders[key], of: summary(turns[key]) })));
  console.log(`\n${whole((Date.now() - begun) / 1000)} s; load after: ${load()}`);
}

await inWorkplace(options.directory, run);
