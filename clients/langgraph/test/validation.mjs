// The ecosystem's own suite against the real server. Every checkpointer has a user of its own, so that each begins empty and
// none sees what another has stored.
import { deltaChannelHistoryTests, specTest } from '@langchain/langgraph-checkpoint-validation';
import { Server } from '../../../tests/support/server.mjs';
import { testTokens, tokenOf } from '../../../tests/support/test_tokens.mjs';
import { HoldfastSaver } from '../holdfast_saver.mjs';

/** `prepare` resolves to what else the server is started with; `release` undoes it. */
export function validate(name, { prepare = async () => [], release = async () => {} } = {}) {
  let server;
  let users = 0;
  const initializer = {
    checkpointerName: `HoldfastSaver on ${name}`,
    beforeAllTimeout: 120_000,
    async beforeAll() {
      server = new Server(['--worker', 'cat {socket}', ...(await prepare())], testTokens);
      await server.start();
    },
    async afterAll() {
      await server?.stop();
      await release();
    },
    createCheckpointer: () => new HoldfastSaver({ url: server.base, token: tokenOf(`user-${++users}`) }),
  };
  specTest(initializer);
  deltaChannelHistoryTests(initializer);
}
