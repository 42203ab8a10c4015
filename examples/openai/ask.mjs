// Asks through Holdfast with the real client: node ask.mjs http://127.0.0.1:8000 some words
import { randomUUID } from 'node:crypto';
import OpenAI from 'openai';

const [base, ...words] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${base}/v1`, apiKey: process.env.HOLDFAST_TOKEN ?? 'none' });
const request = { model: 'echo', stream: true, messages: [{ role: 'user', content: words.join(' ') }] };
// The name of the request: under it a repetition joins, and never starts it a second time.
const options = { headers: { 'Idempotency-Key': randomUUID() } };

for (let tries = 3; tries > 0; tries--) {
  try {
    for await (const chunk of await client.chat.completions.create(request, options)) process.stdout.write(chunk.choices[0]?.delta?.content ?? '');
    process.stdout.write('\n');
    break;
  } catch (error) {
    if (tries === 1) throw error;
    process.stdout.write('\n(the stream was cut; once more, from its beginning)\n');
  }
}
