// A LangGraph.js graph as a worker. Its checkpoints are in Holdfast's journal, so an attempt after a lost one goes on with the
// step that was lost, and the next run of the thread goes on with what the conversation has. Alone, `node worker.mjs 3000`
// keeps them in memory.
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { HoldfastSaver } from '@holdfast/langgraph';
import { serve } from '@holdfast/worker';
import { Annotation, END, MemorySaver, START, StateGraph } from '@langchain/langgraph';

const inMemory = new MemorySaver();
const append = (a, b) => [...a, ...b];
const State = Annotation.Root({
  questions: Annotation({ reducer: append, default: () => [] }),
  steps: Annotation({ reducer: append, default: () => [] }),
});

/** A step that takes its time, as a model does, and says which process has done it. */
const step = (name) => async () => {
  await pause(Number(process.env.WORK_SECONDS ?? 2) * 1000);
  return { steps: [`${name} by ${process.pid}`] };
};

const graph = new StateGraph(State)
  .addNode('plan', step('plan'))
  .addNode('query', step('query'))
  .addNode('answer', step('answer'))
  .addEdge(START, 'plan')
  .addEdge('plan', 'query')
  .addEdge('query', 'answer')
  .addEdge('answer', END);

async function* analyze(run) {
  const { prompt, thread_id } = run.body;
  const agent = graph.compile({ checkpointer: HoldfastSaver.forRun(run) ?? inMemory });
  // `sync`: a step begins when the checkpoint before it is durable.
  const config = { configurable: { thread_id }, durability: 'sync', streamMode: 'updates', signal: run.signal };
  // Of this run, and not finished: the attempt before this one got that far.
  const { values, next } = await agent.getState(config);
  const goesOn = run.attempt > 1 && next.length > 0 && values.questions?.at(-1)?.run === run.id;
  const input = goesOn ? null : { questions: [{ run: run.id, prompt }] };
  for await (const update of await agent.stream(input, config)) {
    for (const [name, { steps }] of Object.entries(update)) yield run.progress(name, steps[0]);
  }
  const done = (await agent.getState(config)).values;
  return { result: `${done.questions.length} questions, ${done.steps.length} steps`, steps: done.steps };
}

createServer(serve(analyze)).listen(process.argv[2]);
