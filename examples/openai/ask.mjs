// Asks through Holdfast with the real client: node ask.mjs http://127.0.0.1:8000 "some words"
import OpenAI from 'openai';

const [base, ...words] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${base}/v1`, apiKey: process.env.HOLDFAST_TOKEN ?? 'none' });
const stream = await client.chat.completions.create({ model: 'echo', stream: true, messages: [{ role: 'user', content: words.join(' ') }] });
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? '');
process.stdout.write('\n');
