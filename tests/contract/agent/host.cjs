// A worker that knows nothing of the agent. host.cjs MODE; says "ready" and waits to be killed.
const net = require('node:net');
const { Worker, isMainThread } = require('node:worker_threads');

const mode = process.argv[2];
const kept = (globalThis.kept = []);

const prepare = {
  objects() {
    let all = [];
    for (let i = 0; i < 600_000; i += 1) all.push({ i, text: `object ${i}` });
    for (let i = 0; i < all.length; i += 10) kept.push(all[i]);
    all = undefined;
  },
  pieces() {
    let state = 17;
    const random = () => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) / 0x80000000;
    const all = [];
    for (let i = 0; i < 400_000; i += 1) {
      all.push({ i, numbers: Array.from({ length: Math.floor(52 * random()) }, (_, number) => number + 0.5) });
    }
    for (const one of all) if (random() < 0.1) kept.push(one);
  },
  buffers() {
    let all = [];
    for (let i = 0; i < 40_000; i += 1) all.push(Buffer.allocUnsafeSlow(500 + (i * 37) % 3500).fill(1));
    for (let i = 0; i < all.length; i += 10) kept.push(all[i]);
    all = undefined;
  },
  threads() {
    for (let i = 0; i < 4; i += 1) kept.push(new Worker('setInterval(() => {}, 1000)', { eval: true }));
  },
  idle() {},
};

if (isMainThread) {
  net.createServer().listen('\0holdfast-agent-host-' + process.pid, () => {
    prepare[mode]();
    console.log('ready');
  });
}
