import { LibraryContender } from './contender.mjs';

export class Dbos extends LibraryContender {
  static key = 'dbos';
  name = 'DBOS, workflow and step';
  server = 'dbos';

  async completed() {
    const { cluster } = this.bench;
    const done = "SELECT workflow_uuid FROM dbos.workflow_status WHERE status = 'SUCCESS'";
    return cluster.count(this.database, `(${done}) AS done JOIN dbos.workflow_output USING (workflow_uuid)
      JOIN dbos.operation_outputs USING (workflow_uuid) WHERE workflow_output.output IS NOT NULL`);
  }
}

export class Langgraph extends LibraryContender {
  static key = 'langgraph';
  name = 'LangGraph.js, durability sync';
  server = 'langgraph';

  async completed() {
    // The answer is in the last checkpoint of its thread.
    return this.bench.cluster.count(
      this.database, "(SELECT DISTINCT thread_id FROM checkpoints WHERE checkpoint -> 'channel_versions' ? 'result') AS threads");
  }
}

export class PgBoss extends LibraryContender {
  static key = 'pg-boss';
  name = 'pg-boss, answer awaited';
  server = 'pg-boss';
  pool = 40;

  async completed() {
    return this.bench.cluster.count(this.database, "pgboss.job WHERE state = 'completed' AND output IS NOT NULL");
  }
}
