// An ordinary Express application: `node server.mjs 3000` runs it without Holdfast.
import express from 'express';

const app = express();
app.use(express.json());

app.post('/analyze', (request, response) => {
  const words = request.body.prompt.split(/\s+/).length;
  const work = Number(process.env.WORK_SECONDS ?? 2) * 1000; // A model, a database.
  setTimeout(() => response.json({ result: `${words} words`, pid: process.pid }), work);
});

app.get('/hello/:name', (request, response) => response.json({ hello: request.params.name }));

app.listen(process.argv[2]);
