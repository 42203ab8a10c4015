// The one load generator of everything that speaks HTTP.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const prompt = 'What was the life expectancy in Japan in 1995?';

/** Runs per second, and milliseconds at the median and the 99th percentile. Throws unless every answer was a 200. */
export async function loadHttp(program, { port, path }, connections, requests) {
  const where = ['--port', `${port}`, ...(path === '/analyze' ? [] : ['--post', path])];
  const { stdout } = await run(program, [...where, '--connections', `${connections}`, '--requests', `${requests}`]);
  const [, rate, p50, p99] = /([\d.]+) \/s\s+p50\s+([\d.]+) ms\s+p99\s+([\d.]+) ms/.exec(stdout).map(Number);
  return { rate, p50, p99 };
}

/** One question, to see that the answer is one: the text that was asked and an id to find it by. */
export async function askOnce({ port, path }) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ prompt, thread_id: 'bench' }),
  });
  const text = await response.text();
  const { result, run_id: id } = response.ok ? JSON.parse(text) : {};
  if (result !== prompt || !id) throw new Error(`not an answer: ${response.status} ${text}`);
}
