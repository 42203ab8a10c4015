// Metrics as an operator meets them: a real Prometheus scrapes a real server, and the rules and the dashboard that come
// with it ask only for what there is.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Server, program } from '../../support/server.mjs';
import { catalogue, dashboardExpressions, foreignLabelsIn, namesIn, pathOf, textOf } from './expressions.mjs';
import { Prometheus, promtool } from './prometheus.mjs';

const rulesFile = 'deploy/prometheus/rules.yml';
const completed = 'sum(holdfast_runs_ended_total{job="holdfast",status="completed"})';

let server;
let key;
let prometheus;
/** As Prometheus has read them. */
let rules;

before(async () => {
  server = new Server([], { HOLDFAST_AUTH: 'api-key' });
  key = server.addKey('prometheus');
  await server.start();
  const targets = [{ targets: [new URL(server.base).host] }];
  prometheus = await new Prometheus({
    global: { scrape_interval: '250ms', scrape_timeout: '250ms', evaluation_interval: '250ms' },
    rule_files: [pathOf(rulesFile)],
    scrape_configs: [
      { job_name: 'holdfast', authorization: { credentials: key }, static_configs: targets },
      { job_name: 'stranger', static_configs: targets },
    ],
  }).start();
  rules = await prometheus.rules();
});
after(async () => {
  await prometheus?.stop();
  await server?.stop();
});

async function ask(prompt) {
  const response = await fetch(`${server.base}/v1/threads/t/runs`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', Prefer: 'wait=25' },
    body: JSON.stringify({ prompt, run_id: randomUUID() }),
  });
  assert.equal((await response.json()).status, 'completed');
}

async function exposition() {
  const response = await fetch(`${server.base}/metrics`, { headers: { Authorization: `Bearer ${key}` } });
  assert.equal(response.status, 200);
  return response.text();
}

function namesOf(text) {
  return [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
}

test('Prometheus lets itself in with a key, and nobody comes in without one', async () => {
  assert.equal(await prometheus.value('up{job="holdfast"}', (up) => up === 1), 1);
  const stranger = await prometheus.target('stranger');
  assert.equal(stranger.health, 'down');
  assert.match(stranger.lastError, /401/);
});

test('Answers are counted', async () => {
  const before = await prometheus.value(completed, () => true);
  for (const year of [1990, 1995, 2000]) await ask(`What was the life expectancy in Japan in ${year}?`);
  assert.equal(await prometheus.value(completed, (count) => count >= before + 3), before + 3);
});

test('The exposition is clean', async () => {
  assert.deepEqual(promtool(['check', 'metrics'], await exposition()), { status: 0, said: '' });
});

test('What is exported is in the catalogue', async () => {
  assert.notEqual(catalogue.size, 0);
  assert.deepEqual(namesOf(await exposition()).filter((name) => !catalogue.has(name)), []);
});

test('The rules are sound and do what their tests say', () => {
  const checked = promtool(['check', 'rules', pathOf(rulesFile)]);
  assert.equal(checked.status, 0, checked.said);
  const tested = promtool(['test', 'rules', pathOf('deploy/prometheus/rules_test.yml')]);
  assert.equal(tested.status, 0, tested.said);
});

test('Prometheus evaluates every rule', async () => {
  // Again, now that there is something to evaluate.
  const unwell = (await prometheus.rules()).filter((rule) => rule.health !== 'ok');
  assert.deepEqual(unwell.map((rule) => `${rule.name}: ${rule.lastError}`), []);
});

test('Every query of the dashboard is understood', async () => {
  for (const { where, expression } of dashboardExpressions()) {
    const answer = await prometheus.query(expression);
    assert.equal(answer.status, 'success', `${where}: ${expression}: ${answer.error}`);
  }
});

test('Dashboard and rules ask for metrics, labels and values that exist', () => {
  const recorded = new Set(rules.filter((rule) => rule.type === 'recording').map((rule) => rule.name));
  const ofRules = rules.map((rule) => ({ where: `rule ${rule.name}`, expression: rule.query }));
  for (const { where, expression } of [...dashboardExpressions(), ...ofRules]) {
    assert.deepEqual(namesIn(expression).filter((name) => !catalogue.has(name) && !recorded.has(name)), [], where);
    assert.deepEqual(foreignLabelsIn(expression), [], where);
  }
});

test('What the dashboard shows of any server is there, of this one', async () => {
  // Without a governor, its metrics are absent.
  const there = new Set(namesOf(await exposition()));
  for (const { where, expression } of dashboardExpressions()) {
    if (!namesIn(expression).every((name) => there.has(name))) continue;
    const { data } = await prometheus.query(expression.replaceAll('1m', '5s'));
    // Where it divides, there may have been nothing to divide by.
    if (!expression.includes('> 0')) assert.notEqual(data.result.length, 0, `${where}: ${expression}`);
  }
});

/** The settings there are, as `holdfast config` prints them. */
function settings() {
  const printed = execFileSync(program, ['config'], { cwd: '/', encoding: 'utf8' });
  return [...printed.matchAll(/^([a-z]+\.[a-z0-9_]+) /gm)].map(([, setting]) => setting);
}

test('Every alert says what is wrong, what to do and which setting to change, and has a test in which it fires', () => {
  const tests = textOf('deploy/prometheus/rules_test.yml');
  const known = settings();
  const sections = known.map((setting) => setting.split('.')[0]);
  for (const { name, labels, annotations } of rules.filter((rule) => rule.type === 'alerting')) {
    assert.match(labels.severity, /^(critical|warning)$/, name);
    assert.notEqual(annotations.summary, undefined, name);
    const dotted = [...annotations.description.matchAll(/\b([a-z]+)\.[a-z][a-z0-9_]*\b/g)];
    const named = dotted.filter(([, section]) => sections.includes(section)).map(([setting]) => setting);
    assert.notEqual(named.length, 0, `${name} names no setting`);
    assert.deepEqual(named.filter((setting) => !known.includes(setting)), [], name);
    assert.match(tests, new RegExp(`labels: '\\{alertname="${name}"\\}', value: 1`), `${name} fires in no test`);
  }
});
