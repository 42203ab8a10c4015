// The part of the agent that lives in Node: V8's figures into the page, and its collector on request. Preloaded by
// NODE_OPTIONS; the library in the same process claims the page, and this follows it (src/agent/page_layout.hpp).
//
// Does nothing in worker threads, in a process whose page belongs to another one, and where the page is gone. Never
// throws, keeps no descriptor, keeps no process alive.
'use strict';

// An old Node may lack any of this: then there is no agent in it, and nothing else is different.
try {
  if (process.env.HOLDFAST_AGENT_PAGE && require('worker_threads').isMainThread) {
    follow(process.env.HOLDFAST_AGENT_PAGE, require('fs'), require('v8'));
  }
} catch (error) {
  // As said.
}

function follow(path, fs, v8) {
  const pageSize = 4096;
  const at = { interval: 12, owner: 64, command: 128, figures: 1024, answer: 1280 };
  // Buffers that a collection has dropped are freed by another thread after it.
  const buffersFreed = 50;
  // The supervisor waits for two seconds.
  const collectFor = 1000000000n;
  const mostCollections = 12;
  const worthACollection = 2 << 20;
  const kind = { bits: 15, collect: 2, profile: 4 };
  const status = { done: 1, unsupported: 2, failed: 3 };
  // Another process owns the page: it may end and leave it to us, which is worth a look now and then.
  const othersInterval = 2000;

  const page = Buffer.alloc(pageSize);
  const figures = Buffer.alloc(88);
  const answer = Buffer.alloc(64);
  const version = process.versions.node;
  let seen;
  let publications = 0;
  let collectGarbage;

  const checksum = (block) => {
    let hash = 2166136261;
    const add = (byte) => { hash = Math.imul(hash ^ byte, 16777619); };
    for (let i = 0; i < 4; i += 1) add(block[i]);
    for (let i = 8; i < block.length - 4; i += 1) add(block[i]);
    return hash >>> 0;
  };

  const write = (fd, block, position) => {
    const next = (block.readUInt32LE(0) + 2) >>> 0;
    block.writeUInt32LE(next === 0 ? 2 : next, 0);
    block.writeUInt32LE(checksum(block), block.length - 4);
    fs.writeSync(fd, block, 0, block.length, position);
  };

  const publish = (fd) => {
    const heap = v8.getHeapStatistics();
    publications += 1;
    figures.writeBigUInt64LE(process.hrtime.bigint(), 8);
    figures.writeUInt32LE(process.pid, 16);
    figures.writeUInt32LE(publications >>> 0, 20);
    figures.writeBigUInt64LE(BigInt(heap.total_physical_size), 24);
    figures.writeBigUInt64LE(BigInt(heap.used_heap_size), 32);
    figures.writeBigUInt64LE(BigInt(heap.external_memory), 40);
    figures.writeBigUInt64LE(BigInt(heap.heap_size_limit), 48);
    figures.fill(0, 56, 80);
    figures.write(version.slice(0, 23), 56, 'latin1');
    write(fd, figures, at.figures);
  };

  // --expose-gc is no option of NODE_OPTIONS before Node 22; a new context has the function once the flag is set.
  const collector = () => {
    if (!collectGarbage) {
      v8.setFlagsFromString('--expose-gc');
      collectGarbage = globalThis.gc || require('vm').runInNewContext('gc');
    }
    return collectGarbage;
  };

  // V8 moves together a few pages at each collection, so a heap in pieces is given back bit by bit: by ten of them
  // 470 MB become 125, by two 460. They go on while that lasts; the program has its turn in between.
  const collect = (command) => {
    const before = process.memoryUsage().rss;
    const started = process.hrtime.bigint();
    let last = before;
    let collections = 0;
    let fruitless = 0;
    const step = () => {
      try {
        collector()();
      } catch (error) {
        tell(command, status.failed, before, started, 0);
        return;
      }
      const now = process.memoryUsage().rss;
      collections += 1;
      fruitless = last - now < worthACollection ? fruitless + 1 : 0;
      last = now;
      const over = collections >= mostCollections || process.hrtime.bigint() - started > collectFor;
      if (over || (collections > 2 && fruitless >= 2)) {
        tell(command, status.done, before, started, buffersFreed);
      } else {
        setImmediate(step);
      }
    };
    step();
  };

  const tell = (command, result, before, started, after) => {
    const took = process.hrtime.bigint() - started;
    setTimeout(() => withPage((fd) => {
      publish(fd);
      answer.writeBigUInt64LE(process.hrtime.bigint(), 8);
      answer.writeUInt32LE(command, 16);
      answer.writeUInt32LE(result, 20);
      answer.writeBigUInt64LE(took, 24);
      answer.writeBigUInt64LE(BigInt(before), 32);
      answer.writeBigUInt64LE(BigInt(process.memoryUsage().rss), 40);
      answer.writeBigInt64LE(0n, 48);
      write(fd, answer, at.answer);
    }), after).unref();
  };

  // V8 samples every half megabyte that is allocated, from the start; what is still held is told with the stack that
  // allocated it.
  const sampler = () => {
    if (!process.env.HOLDFAST_AGENT_PROFILE || process.env.HOLDFAST_AGENT_SAMPLING !== '1') return undefined;
    const session = new (require('inspector').Session)();
    session.connect();
    session.post('HeapProfiler.startSampling', { samplingInterval: 524288 });
    return session;
  };
  const sampling = sampler();

  const stacksOf = (profile) => {
    const stacks = [];
    const walk = (node, frames) => {
      const { functionName, url, lineNumber } = node.callFrame;
      const name = functionName || '(anonymous)';
      // V8 does not tell the file of every script.
      const place = url ? ` ${url.replace('file://', '')}:${lineNumber + 1}` : '';
      const here = name === '(root)' ? frames : [...frames, name + place].slice(0, 64);
      if (node.selfSize > 0) stacks.push({ frames: here, count: 0, bytes: node.selfSize });
      for (const child of node.children) walk(child, here);
    };
    walk(profile.head, []);
    return stacks.sort((a, b) => b.bytes - a.bytes);
  };

  const profile = (command) => {
    const before = process.memoryUsage().rss;
    const started = process.hrtime.bigint();
    if (!sampling) return tell(command, status.unsupported, before, started, 0);
    const path = process.env.HOLDFAST_AGENT_PROFILE;
    sampling.post('HeapProfiler.getSamplingProfile', (error, answer_) => {
      let result = status.done;
      try {
        if (error) throw error;
        const stacks = stacksOf(answer_.profile);
        const total_bytes = stacks.reduce((sum, { bytes }) => sum + bytes, 0);
        fs.writeFileSync(`${path}.part`, JSON.stringify({ runtime: `node ${version}`, kind: 'sampled', truncated: stacks.length > 2000, total_bytes, stacks: stacks.slice(0, 2000) }));
        fs.renameSync(`${path}.part`, path);
      } catch (failure) {
        result = status.failed;
      }
      tell(command, result, before, started, 0);
    });
    return undefined;
  };

  // The page is opened anew each time: a descriptor that the program closes could be somebody else's file by then.
  // Undefined: the supervisor and its page are gone, or the program may not open files.
  const withPage = (use) => {
    let fd;
    try {
      fd = fs.openSync(path, 'r+');
      return use(fd);
    } catch (error) {
      return undefined;
    } finally {
      try {
        if (fd !== undefined) fs.closeSync(fd);
      } catch (error) {
        // Closed by somebody else meanwhile.
      }
    }
  };

  // Milliseconds to the next look.
  const obey = (fd) => {
    if (fs.readSync(fd, page, 0, pageSize, 0) !== pageSize) return undefined;
    const owner = page.readUInt32LE(at.owner);
    if (owner !== 0 && owner !== process.pid) return othersInterval;
    if (owner === process.pid) {
      const command = page.readUInt32LE(at.command);
      if (seen === undefined) {
        // A predecessor's numbers go on. What was answered is not asked of us.
        figures.writeUInt32LE((page.readUInt32LE(at.figures) & ~1) >>> 0, 0);
        answer.writeUInt32LE((page.readUInt32LE(at.answer) & ~1) >>> 0, 0);
        seen = page.readUInt32LE(at.answer + 16);
      }
      publish(fd);
      if (command !== seen && (command & kind.bits) === kind.collect) collect(command);
      if (command !== seen && (command & kind.bits) === kind.profile) profile(command);
      seen = command;
    }
    return Math.max(page.readUInt32LE(at.interval), 10);
  };

  const look = () => {
    const next = withPage(obey);
    if (next !== undefined) setTimeout(look, next).unref();
  };

  setTimeout(look, 20).unref();
}
