// A backend of somebody else's, as far as Holdfast sees it: waits, fails or answers as the prompt says.
import { createServer } from 'node:http';

const answers = {
  fail: [500, { message: 'the model is gone' }],
  text: [200, 'forty-two'],
};

const kept = [];

createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => (text += chunk));
  request.on('end', () => {
    const { prompt } = JSON.parse(text);
    const [word, seconds = '0'] = prompt.split(' ');
    if (word === 'leak') kept.push(new Array(5_000_000).fill(1.5));
    const [status, body] = answers[word] ?? [200, { result: 'forty-two', datasets_used: ['guide'] }];
    const send = () => {
      response.writeHead(status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    setTimeout(send, Number(seconds) * 1000);
  });
}).listen(process.argv[2]);
