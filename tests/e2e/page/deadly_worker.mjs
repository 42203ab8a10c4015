// A worker that dies of every question.
import { createServer } from 'node:http';

createServer((request) => {
  request.on('end', () => process.kill(process.pid, 'SIGKILL'));
  request.resume();
}).listen(process.argv[2]);
