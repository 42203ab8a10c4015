// `holdfast doctor` finds by itself what stands between a client and a server.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Server, program } from '../../support/server.mjs';
import { freePort } from './ports.mjs';
import { buffering, dropping, silenceCutter } from './proxies.mjs';

let server;

before(async () => {
  server = await new Server().start();
});
after(() => server.stop());

/** Exit status and findings by subject. */
function doctor(args, environment = {}) {
  const { PATH, HOME } = process.env;
  return new Promise((resolve) => {
    execFile(program, ['doctor', ...args], { env: { PATH, HOME, ...environment }, cwd: server.directory }, (error, stdout, stderr) => {
      const findings = stdout.startsWith('{') ? JSON.parse(stdout).findings : [];
      resolve({ status: error?.code ?? 0, stdout, stderr, by: Object.fromEntries(findings.map((finding) => [finding.subject, finding])) });
    });
  });
}

async function through(proxy, longest = '3s') {
  try {
    return await doctor([`http://127.0.0.1:${proxy.port}`, '--longest', longest, '--json']);
  } finally {
    proxy.close();
  }
}

test('A clear path is told to be one', async () => {
  const { status, by } = await doctor([server.base, '--longest', '1s', '--json']);
  assert.equal(status, 0);
  assert.match(by.silence.text, /silent for 1 s/);
  assert.match(by.streams.text, /one by one/);
  assert.equal(by.headers.health, 'good');
});

test('A proxy that cuts silence is measured, and the settings that are too long are named', async () => {
  const { status, by } = await through(await silenceCutter(server.port, 2000), '6s');
  assert.equal(status, 2);
  assert.match(by.silence.text, /silent for 2\.\d s is cut/);
  assert.match(by.silence.advice, /server\.hold \(5s\) and server\.heartbeat \(10s\) and server\.max_wait \(25s\)/);
  assert.equal(by.streams.health, 'good', 'an event a second is no silence');
});

test('A proxy that holds streams back is found out', async () => {
  const { status, by } = await through(await buffering(server.port));
  assert.equal(status, 1);
  assert.match(by.streams.text, /held back/);
  assert.match(by.streams.advice, /proxy_buffering off/);
});

test('A proxy that drops headers is found out', async () => {
  const { status, by } = await through(await dropping(server.port, ['last-event-id']));
  assert.equal(status, 1);
  assert.match(by.headers.text, /Last-Event-ID/);
});

test('What is no Holdfast is told from one', async () => {
  const { status, stderr } = await doctor([`http://127.0.0.1:${await freePort()}`]);
  assert.notEqual(status, 0);
  assert.match(stderr, /no Holdfast of this version answers there/);
  assert.match((await doctor(['ftp://x'])).stderr, /not a web address/);
  assert.match((await doctor([server.base, '--longest', '0s'])).stderr, /--longest/);
});

test('A machine is looked at: what is well, what is not, and which setting to change', async () => {
  const port = await freePort();
  const well = await doctor(['--json', '--listen', `127.0.0.1:${port}`, '--data', `${server.directory}/other`]);
  for (const subject of ['address', 'login', 'disk', 'durability', 'database', 'memory limit', 'worker', 'agent']) assert.ok(well.by[subject], subject);
  assert.equal(well.by.address.health, 'good');
  assert.equal(well.by.durability.health === 'bad', false);

  assert.match((await doctor(['--json', '--listen', server.base.slice(7)])).by.address.text, /a Holdfast answers there already/);
  assert.match((await doctor(['--json', '--listen', '0.0.0.0:0'])).by.login.advice, /auth\.mode/);
  assert.match((await doctor(['--json', '--worker', 'no-such-program --at {socket}'])).by.worker.text, /no-such-program/);
  assert.match((await doctor(['--json', '--worker', 'python3 app.py'])).by.worker.text, /\{socket\}/);
  assert.equal((await doctor(['--json', '--data', '/proc/x'])).by.durability.health, 'bad');
  const away = await doctor(['--json', '--database', 'postgresql://ada:secret@127.0.0.1:1/x']);
  assert.equal(away.by.database.health, 'bad');
  assert.doesNotMatch(away.stdout, /secret/);
  assert.equal((await doctor([], { HOLDFAST_AUTH: 'api-key' })).status, 2);
});

test('What it tries leaves nothing behind', async () => {
  await doctor(['--data', `${server.directory}/fresh`]);
  assert.throws(() => rmSync(`${server.directory}/fresh`), /ENOENT/);
});
