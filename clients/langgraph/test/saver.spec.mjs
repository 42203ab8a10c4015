// A real graph on the real server: what survives, who may read, what is told when there is no room.
import { Annotation, END, START, StateGraph, interrupt, Command } from '@langchain/langgraph';
import { emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint';
import { Server } from '../../../tests/support/server.mjs';
import { testTokens, tokenOf } from '../../../tests/support/test_tokens.mjs';
import { HoldfastSaver } from '../holdfast_saver.mjs';

const State = Annotation.Root({ words: Annotation({ reducer: (a, b) => [...a, ...b], default: () => [] }) });
async function all(tuples) {
  const found = [];
  for await (const tuple of tuples) found.push(tuple);
  return found;
}

const metadata = { source: 'update', step: 0, parents: {} };

/** Two steps; `second` may fail. `calls` counts the first. */
function graphOn(checkpointer, { calls = [], second = () => ({ words: ['two'] }) } = {}) {
  return new StateGraph(State)
    .addNode('first', () => {
      calls.push('first');
      return { words: ['one 🙂\u0000'] };
    })
    .addNode('second', second)
    .addEdge(START, 'first')
    .addEdge('first', 'second')
    .addEdge('second', END)
    .compile({ checkpointer });
}

describe('HoldfastSaver', () => {
  let server;
  const [ada, bob] = [tokenOf('ada'), tokenOf('bob')];
  const saver = (token = ada, options = {}) => new HoldfastSaver({ url: server.base, token, ...options });
  const thread = () => ({ configurable: { thread_id: `thread/${uuid6(0)}` } });

  beforeAll(async () => {
    server = new Server(['--worker', 'cat {socket}', '--set', 'checkpoints.user_size=256KB'], testTokens);
    await server.start();
  });
  afterAll(() => server.stop());

  it('lets a graph go on behind its last step after the server was killed', async () => {
    const config = thread();
    const calls = [];
    const fails = graphOn(saver(), { calls, second: () => Promise.reject(new Error('lost')) });
    await expect(fails.invoke({ words: [] }, config)).rejects.toThrow('lost');
    await server.kill();
    await server.start();
    const state = await graphOn(saver(), { calls }).invoke(null, config);
    expect(state.words).toEqual(['one 🙂\u0000', 'two']);
    expect(calls).toEqual(['first']);
  });

  it('waits for a server that is being started again', async () => {
    const config = thread();
    await server.kill();
    const asking = graphOn(saver()).invoke({ words: [] }, config);
    await server.start();
    expect((await asking).words).toHaveLength(2);
  });

  it('keeps an interrupt until it is answered', async () => {
    const config = thread();
    const second = () => ({ words: [interrupt('which?')] });
    await graphOn(saver(), { second }).invoke({ words: [] }, config);
    const state = await graphOn(saver(), { second }).invoke(new Command({ resume: 'this' }), config);
    expect(state.words.at(-1)).toBe('this');
  });

  it('gives a history and a filter over more than a page', async () => {
    const config = thread();
    for (let step = 0; step < 130; step++) {
      await saver().put({ configurable: { ...config.configurable, checkpoint_ns: '' } }, { ...emptyCheckpoint(), id: uuid6(step) }, { ...metadata, step, tags: ['a'] });
    }
    const every = await all(saver().list(config));
    expect(every.map((tuple) => tuple.metadata.step)).toEqual(Array.from({ length: 130 }, (_, i) => 129 - i));
    expect((await all(saver().list(config, { filter: { step: 7, tags: ['a'] } }))).map((tuple) => tuple.metadata.step)).toEqual([7]);
    expect(await all(saver().list(config, { filter: { tags: ['b'] } }))).toEqual([]);
    expect(await all(saver().list(config, { limit: 105 }))).toHaveLength(105);
    await saver().deleteThread(config.configurable.thread_id);
  });

  it('shows a user only what is their own', async () => {
    const config = thread();
    await graphOn(saver(ada)).invoke({ words: [] }, config);
    expect(await saver(bob).getTuple(config)).toBeUndefined();
    expect(await all(saver(bob).list({ configurable: {} }))).toEqual([]);
    await saver(bob).deleteThread(config.configurable.thread_id);
    expect(await saver(ada).getTuple(config)).toBeDefined();
    await expect(saver('wrong').getTuple(config)).rejects.toThrow('401');
  });

  it('says what to do when there is no room', async () => {
    const large = (size) => ({ ...emptyCheckpoint(), channel_values: { text: 'x'.repeat(size) }, channel_versions: { text: 1 } });
    await expect(saver(bob).put(thread(), large(300_000), metadata)).rejects.toThrow(/507.*checkpoints\.user_size/s);
    await expect(saver(bob).put(thread(), large(2_000_000), metadata)).rejects.toThrow(/413.*1048576/s);
    await expect(saver(bob).put({}, emptyCheckpoint(), metadata)).rejects.toThrow('thread_id');
  });

  it('is told when the database is away, after its patience', async () => {
    const away = await new Server(['--worker', 'cat {socket}', '--database', 'postgresql://127.0.0.1:1/nowhere']).start();
    try {
      const impatient = new HoldfastSaver({ url: away.base, patience: 300 });
      await expect(impatient.put(thread(), emptyCheckpoint(), metadata)).rejects.toThrow('503');
      await expect(impatient.getTuple(thread())).rejects.toThrow('503');
    } finally {
      await away.stop();
    }
  });
});
