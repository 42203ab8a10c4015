import { cancelRun } from '../link/actions.ts';
import type { Operations } from '../model/operations.ts';
import type { LiveRun } from '../model/wire.ts';
import { duration, plain, reason, size } from '../model/words.ts';
import { Action } from '../view/action.tsx';
import { Panel, Scroll } from '../view/panel.tsx';

interface Props {
  operations: Operations;
  onOpen: (id: string) => void;
}

export function RunsPanel({ operations, onOpen }: Props) {
  const { runs } = operations.topics;
  const now = Date.now() + operations.skew;
  const all = [...(runs?.running ?? []).map((run) => ({ run, running: true })), ...(runs?.waiting ?? []).map((run) => ({ run, running: false }))];
  const hidden = (runs?.running_count ?? 0) + (runs?.waiting_count ?? 0) - all.length;
  return (
    <Panel id="runs" title="Runs" aside={<p className="counts"><b>{runs?.running_count ?? 0}</b> running <b>{runs?.waiting_count ?? 0}</b> waiting</p>}>
      {all.length === 0 ? <p className="nothing">Nothing is running, and nothing waits.</p> : (
        <Scroll label="Runs under way">
          <table className="runs" role="table">
            <thead role="rowgroup">
              <tr role="row"><th role="columnheader" scope="col">State</th><th role="columnheader" scope="col">Question</th><th role="columnheader" scope="col" className="number">Since</th><th role="columnheader" scope="col">Step, or why it waits</th><th role="columnheader" scope="col" className="number">Memory</th><th role="columnheader" scope="col"><span className="unseen">Actions</span></th></tr>
            </thead>
            <tbody role="rowgroup">
              {all.map(({ run, running }) => (
                <tr key={run.run_id} role="row">
                  <td role="cell"><span className={`state ${running ? 'running' : 'waiting'}`}>{running ? 'running' : 'waiting'}</span></td>
                  <td role="cell" className="title"><button type="button" className="link" onClick={() => onOpen(run.run_id)}>{run.title || 'no question'}</button><Whose run={run} subject={operations.subject} /></td>
                  <td role="cell" className="number since">{duration((now - ((running && run.started_at) || run.created_at)) / 1000)}</td>
                  <td role="cell" className="wrap">{running ? <Step run={run} /> : <Why run={run} waited={(now - run.created_at) / 1000} />}</td>
                  <td role="cell" className="number need">{running ? <Memory run={run} /> : run.queue?.needed_bytes !== undefined ? `needs ${size(run.queue.needed_bytes)}` : '–'}</td>
                  <td role="cell" className="act"><Action name="Cancel" confirm="Cancel it" about={run.title} act={() => cancelRun(run.run_id)} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {hidden > 0 && <p className="note">and {hidden.toLocaleString('en')} more that are not listed.</p>}
    </Panel>
  );
}

function Whose({ run, subject }: { run: LiveRun; subject: string }) {
  const parts = [];
  if (run.owner !== subject) parts.push(run.owner);
  if (run.attempt > 1) parts.push(`attempt ${run.attempt}`);
  return parts.length > 0 ? <small>{parts.join(', ')}</small> : null;
}

function Step({ run }: { run: LiveRun }) {
  if (!run.step) return <>at work{run.worker != null && <small>worker {run.worker}</small>}</>;
  return <>{run.step.message || plain(run.step.name)}<small>step {run.step.count}: {plain(run.step.name)}{run.worker != null && `, worker ${run.worker}`}</small></>;
}

/** An estimate that has passed is not counted down again. */
function Why({ run, waited }: { run: LiveRun; waited: number }) {
  const { queue } = run;
  if (!queue) return <>waits</>;
  const parts = queue.detail ? [queue.detail] : [];
  if (queue.position !== null) parts.push(queue.position === 1 ? 'next' : `number ${queue.position}`);
  if (queue.free_bytes !== undefined) parts.push(`${size(queue.free_bytes)} free`);
  if (queue.estimate_seconds !== null) parts.push(waited < queue.estimate_seconds ? `about ${duration(queue.estimate_seconds)}` : 'longer than estimated');
  return <>{reason(queue.reason)}<small>{parts.join(', ')}</small></>;
}

/** What it has taken, of what it was expected to take at most. */
function Memory({ run }: { run: LiveRun }) {
  if (!run.memory) return <>–</>;
  const { grown_bytes: grown, predicted_bytes: predicted } = run.memory;
  return <>{size(grown)}<small>of {size(predicted)} expected</small></>;
}
