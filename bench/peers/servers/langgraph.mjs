// A graph of one node, each run in a thread of its own. Durability "sync": every checkpoint is written before the next step.
import { randomUUID } from 'node:crypto';
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import pg from 'pg';
import { databaseUrl, poolSize, serve } from './http.mjs';

const checkpointer = new PostgresSaver(new pg.Pool({ connectionString: databaseUrl, max: poolSize }));
await checkpointer.setup();

const graph = new StateGraph(Annotation.Root({ prompt: Annotation(), result: Annotation() }))
  .addNode('echo', ({ prompt }) => ({ result: prompt }))
  .addEdge(START, 'echo')
  .addEdge('echo', END)
  .compile({ checkpointer });

serve(async ({ prompt }) => {
  const id = randomUUID();
  const { result } = await graph.invoke({ prompt }, { configurable: { thread_id: id }, durability: 'sync' });
  return { result, run_id: id };
});
