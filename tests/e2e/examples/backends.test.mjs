// Backends that know nothing of Holdfast, started as their READMEs say.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Example, prepare } from './example.mjs';

for (const name of ['fastapi', 'flask', 'express', 'cpp']) {
  describe(name, () => {
    let example;
    before(async () => {
      await prepare(name);
      example = await Example.start(name);
    });
    after(() => example?.stop());

    test('it answers, and what is no run is passed through', async () => {
      const answer = await example.ask({});
      assert.match(answer.result, /^\d+ words$/);
      assert.equal(answer.analysis_completed, true);
      assert.deepEqual(await example.get('/hello/ada'), { hello: 'ada' });
    });

    test('its worker is killed in the middle of an answer, and the answer comes all the same', async () => {
      const run = await example.askAndKill({ thread_id: 'killed' });
      assert.equal(run.status, 'completed', JSON.stringify(run.error));
      assert.equal(run.attempt, 2);
      assert.match(run.result.result, /^\d+ words$/);
      const lost = (await example.timeline(run.run_id)).filter((entry) => entry.kind === 'attempt_lost');
      assert.equal(lost.length, 1, JSON.stringify(lost));
    });
  });
}
