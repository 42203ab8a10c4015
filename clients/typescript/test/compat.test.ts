import { describe, expect, it } from 'vitest';
import { analyzeCompatibly } from '../src/compat.ts';
import { Holdfast } from '../src/holdfast.ts';
import { FakeServer, MapStorage } from './fake_server.ts';

async function asked(result: unknown) {
  const server = new FakeServer();
  const holdfast = new Holdfast({ fetch: server.fetch, storage: new MapStorage(), log: () => undefined });
  const { analysis, answer } = analyzeCompatibly(holdfast, { prompt: 'q', thread_id: 't1', language: 'cs' });
  await new Promise((resolve) => setTimeout(resolve, 10));
  server.finish(analysis.id, 'completed', result);
  return { answer: await answer, analysis };
}

describe('the call of the original front end', () => {
  it('has everything the original reads, and what its backend answered', async () => {
    const { answer, analysis } = await asked({ result: 'In 1995 …', sql: 'SELECT 1', queries_and_results: [['SELECT 1', '1']], run_id: 'not ours' });
    expect(answer).toMatchObject({
      prompt: 'q', result: 'In 1995 …', response: 'In 1995 …', run_id: analysis.id, thread_id: 't1', sql: 'SELECT 1', queries_and_results: [['SELECT 1', '1']],
      datasets_used: [], followup_prompts: [], datasetUrl: null, analysis_completed: true, server_status: 'completed', recovery_mode: false,
    });
  });

  it.each([
    ['a text', 'a text'],
    [{ final_answer: 'b' }, 'b'],
    [{ result: '', answer: 'c' }, 'c'],
    [[1, 2], '[1,2]'],
    [{}, 'The analysis has finished without a text.'],
    [null, 'The analysis has finished without a text.'],
  ])('never has an empty result: %j', async (result, text) => {
    expect((await asked(result)).answer).toMatchObject({ result: text, response: text });
  });
});
