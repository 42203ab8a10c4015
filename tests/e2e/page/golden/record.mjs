// npm run record [chat|console]: what a real server answers the pages whose pictures are in the documentation, written down
// for them. Needed when the API or what is to be seen has changed; the pictures are then renewed with `npm run pictures`.
import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { program, Server, slowWorker } from '../../../support/server.mjs';
import { acknowledge, answered, ended, leakyServer, startRun } from '../operator.mjs';

/** What a server says at one moment, by path. Of a stream what it has said when `isEnough` of its text. */
async function record(name, base, paths, streams = {}) {
  const answers = {};
  for (const path of paths) {
    const response = await fetch(base + path);
    answers[path] = { type: response.headers.get('content-type'), body: await response.text() };
  }
  for (const [path, isEnough] of Object.entries(streams)) {
    const stop = new AbortController();
    const response = await fetch(base + path, { headers: { Accept: 'text/event-stream' }, signal: stop.signal });
    let body = '';
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      body += piece;
      if (isEnough(body)) break;
    }
    answers[path] = { type: response.headers.get('content-type'), body, isOpen: true };
  }
  const recording = { at: Date.now(), answers };
  // Where this machine has things is nobody's business.
  const text = JSON.stringify(recording, null, 1).replaceAll(/\/tmp\/hf-\w+\/data/g, '/var/lib/holdfast').replaceAll(dirname(program), '/usr/lib/holdfast');
  writeFileSync(new URL(`recorded/${name}.json`, import.meta.url), `${text}\n`);
  return recording;
}

const kLists = ['/v1/threads', '/v1/runs?undelivered=true', '/initial-followup-prompts', '/livez'];
const kStream = '/v1/operations/events';
const kSnapshot = /event: snapshot\ndata: (.*)\n\n/;
const isSnapshot = (text) => kSnapshot.test(text);
const ofRun = (id) => [`/v1/runs/${id}`, `/v1/runs/${id}/timeline`];

async function chat() {
  const server = await new Server(slowWorker('700ms')).start();
  try {
    for (const [thread_id, prompt] of [['earthquakes', 'How many people died in earthquakes between 2000 and 2010?'], ['movies', 'Which 5 movies had the highest worldwide gross?']]) {
      await answered(server.base, prompt, undefined, { thread_id });
    }
    const japan = await answered(server.base, 'What was the life expectancy in Japan in 1995?', undefined, { thread_id: 'japan' });
    await acknowledge(server.base, japan.run_id);
    await record('answer', server.base, [...kLists, '/v1/threads/japan/runs', `/v1/runs/${japan.run_id}/timeline`]);
    const kenya = await startRun(server.base, 'How did the life expectancy of Kenya change over time?', undefined, { thread_id: 'kenya' });
    await pause(3_000);
    await record('working', server.base, [...kLists, '/v1/threads/kenya/runs', `/v1/runs/${kenya}`], {
      [`/v1/runs/${kenya}/events`]: (text) => text.split('event: progress').length > 5,
    });
    await ended(server.base, kenya);
    // What a user has who has never asked anything.
    const fresh = await new Server().start();
    await record('welcome', fresh.base, [...kLists, '/v1/threads/new/runs']).finally(() => fresh.stop());
  } finally {
    await server.stop();
  }
}

/** The console, when it shows what `isWanted` asks for of its topics. */
async function recordConsole(name, base, paths, isWanted) {
  for (let tries = 0; tries < 60; tries++, await pause(1_000)) {
    const { answers } = await record(name, base, paths, { [kStream]: isSnapshot });
    if (isWanted(JSON.parse(kSnapshot.exec(answers[kStream].body)[1]).topics)) return;
  }
  throw new Error(`${name}: it never came to that`);
}

const questions = [
  'How many people live in each region?', 'Which regions grew fastest since 1990?', 'Average wages by sector, last ten years',
  'What did a household spend on energy in 2020?', 'Births and deaths by month', 'Which towns lost most inhabitants?',
];

/** A few minutes of work that comes and goes. */
async function work(server) {
  for (let i = 0; i < 40; i++) {
    const leaky = { alloc_mb: 40 + 30 * (i % 4), alloc_mb_s: 100, retain_mb: i % 3, hold_ms: 2000 };
    const beside = i % 3 === 0 && answered(server.base, questions[(i + 1) % questions.length], { alloc_mb: 25, retain_mb: 1, hold_ms: 1200 });
    const [run, other] = await Promise.all([answered(server.base, questions[i % questions.length], leaky), beside]);
    if (i % 10 !== 9) await acknowledge(server.base, run.run_id);
    if (other) await acknowledge(server.base, other.run_id);
  }
}

async function operator() {
  const server = await leakyServer({ places: 3 }).start();
  try {
    await work(server);
    const goesOn = await startRun(server.base, questions[3], { alloc_mb: 60, alloc_mb_s: 100, retain_mb: 2, hold_ms: 8_000 });
    await recordConsole('console-well', server.base, [], ({ level, runs }) => level.name === 'normal' && runs.running[0]?.memory?.grown_bytes > 0);
    await ended(server.base, goesOn);
    for (let i = 0; i < 4; i++) await answered(server.base, questions[i], { retain_mb: 80 + 20 * i, alloc_mb: 150, alloc_mb_s: 400 });
    await startRun(server.base, 'Which regions grew fastest since 1990, and why?', { alloc_mb: 425, alloc_mb_s: 0, hold_ms: 90_000 });
    // What the others left behind is gone, and the next one finds no room.
    await recordConsole('console-critical', server.base, [], ({ level, runs }) => level.name === 'critical' && runs.running[0]?.memory?.grown_bytes > 400e6);
    await startRun(server.base, 'What did a household spend on energy in 2020?', { alloc_mb: 100 });
    await recordConsole('console-critical', server.base, [], ({ level, runs }) => level.name === 'critical' && runs.waiting[0]?.queue?.reason === 'memory');
  } finally {
    await server.stop();
  }
  // The timeline is of the built-in worker, which tells of its steps.
  const steps = await new Server().start();
  try {
    const run = await answered(steps.base, 'Which 5 movies had the highest worldwide gross?');
    await acknowledge(steps.base, run.run_id);
    await pause(2_000);
    await recordConsole('console-run', steps.base, ofRun(run.run_id), ({ ended }) => ended.length === 1);
  } finally {
    await steps.stop();
  }
}

const only = process.argv[2];
if (only !== 'console') await chat();
if (only !== 'chat') await operator();
