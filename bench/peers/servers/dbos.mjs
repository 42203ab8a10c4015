// A workflow with one step. The workflow's row is there before the step starts, its output before the answer goes out.
import { DBOS } from '@dbos-inc/dbos-sdk';
import { databaseUrl, poolSize, serve } from './http.mjs';

const analyze = DBOS.registerWorkflow(
  async ({ prompt }) => {
    const result = await DBOS.runStep(async () => prompt, { name: 'echo' });
    return { result, run_id: DBOS.workflowID };
  },
  { name: 'analyze' },
);

DBOS.setConfig({
  name: 'bench',
  systemDatabaseUrl: databaseUrl,
  systemDatabasePoolSize: poolSize,
  executorID: `bench-${process.pid}`,
  tracingEnabled: false,
  logLevel: 'error',
});
await DBOS.launch();
serve(analyze);
