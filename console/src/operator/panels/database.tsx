import { resetPool } from '../link/actions.ts';
import type { Operations } from '../model/operations.ts';
import { duration } from '../model/words.ts';
import { Action } from '../view/action.tsx';
import { Figure, Figures, Panel } from '../view/panel.tsx';

export function DatabasePanel({ operations }: { operations: Operations }) {
  const { database, passing } = operations.topics;
  if (!database) return null;
  const { spill, connections } = database;
  const tone = database.status === 'healthy' ? undefined : database.status === 'degraded' ? 'warn' : 'bad';
  return (
    <Panel id="database" title="Database" aside={connections && <Action name="Reset pool" act={resetPool} />}>
      <Figures>
        <Figure name={database.type === 'sqlite' ? 'SQLite file' : database.type} value={database.status} note={database.error} tone={tone} />
        <Figure name="Last read" value={database.read_latency_ms === null ? '–' : `${database.read_latency_ms} ms`} />
        <Figure name="Commits" value={database.commits.toLocaleString('en')} note={`${database.writes.toLocaleString('en')} writes`} />
        {connections && <Figure name="Connections" value={connections.size ?? 0} note={`${connections.idle ?? 0} idle, ${connections.waiting ?? 0} waiting, ${connections.broken ?? 0} broken so far`} />}
        {connections && <Figure name="Local journal" value={spill.active ? 'in use' : spill.depth > 0 ? 'being moved' : 'empty'} note={spill.depth > 0 ? `${spill.depth} runs, oldest ${duration(spill.oldest_seconds)}` : 'stands in while the database is away'} tone={spill.active ? 'warn' : undefined} />}
        {passing && <Figure name="Passed through" value={passing.answered.toLocaleString('en')} note={`${passing.open} open, ${passing.failed} failed`} />}
        {database.incidents_dropped > 0 && <Figure name="Incidents lost" value={database.incidents_dropped} tone="warn" />}
      </Figures>
    </Panel>
  );
}
