import type { Operations } from '../model/operations.ts';
import type { EndedRun } from '../model/wire.ts';
import { clock, took } from '../model/words.ts';
import { Panel } from '../view/panel.tsx';

const kShown = 50;

export function OutcomesPanel({ operations, onOpen }: { operations: Operations; onOpen: (id: string) => void }) {
  const { server, ended = [] } = operations.topics;
  const shown = ended.slice(0, kShown);
  return (
    <Panel id="outcomes" title="Outcomes" aside={server && <Counts server={server} />}>
      {shown.length === 0 ? <p className="nothing">No run has ended since the server was started.</p> : (
        <>
          <ul className="strip" aria-label={`The latest ${shown.length} runs that ended, newest first`}>
            {shown.map((run) => (
              <li key={run.run_id}><button type="button" className={run.status} title={about(run)} onClick={() => onOpen(run.run_id)}><span className="unseen">{about(run)}</span></button></li>
            ))}
          </ul>
          <ul className="legend" aria-label="What the signs mean">
            {(['completed', 'failed', 'cancelled', 'expired'] as const).filter((status) => shown.some((run) => run.status === status)).map((status) => <li key={status} className={status}><span aria-hidden="true" />{status}</li>)}
          </ul>
          <p className="note">{times(shown)}</p>
        </>
      )}
    </Panel>
  );
}

function Counts({ server }: { server: NonNullable<Operations['topics']['server']> }) {
  const bad = server.failed + server.expired;
  return <p className="counts"><b>{server.completed.toLocaleString('en')}</b> completed{bad > 0 && <> <b className="bad">{bad.toLocaleString('en')}</b> failed</>}</p>;
}

function about(run: EndedRun): string {
  const time = run.finished_at === null ? '' : ` at ${clock(run.finished_at)}`;
  const inbox = run.delivered_at === null ? ', not acknowledged' : '';
  return `${run.title || 'no question'}: ${run.status}${time}${inbox}`;
}

function times(runs: EndedRun[]): string {
  const all = runs.filter((run) => run.status === 'completed' && run.finished_at !== null && run.started_at !== null).map((run) => run.finished_at! - run.started_at!).sort((a, b) => a - b);
  if (all.length === 0) return 'Newest first.';
  return `Newest first. Of those completed, half took ${took(all[Math.floor(all.length / 2)]!)} or less, the slowest ${took(all.at(-1)!)}.`;
}
