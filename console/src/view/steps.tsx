import type { Step } from '@holdfast/client';
import { count, duration } from './words.ts';

interface Props {
  steps: Step[];
  running: boolean;
  /** Asks for the steps of a run that was not followed here. */
  onRead: () => void;
}

/** What the worker has told of its work: open while it runs, folded afterwards. */
export function Steps({ steps, running, onRead }: Props) {
  if (running && steps.length === 0) return null;
  const list = (
    <ol className="steps">
      {steps.map((step, i) => {
        const underWay = running && i === steps.length - 1;
        const next = steps[i + 1];
        const took = next && step.at > 0 ? next.at - step.at : 0;
        const resumed = i > 0 && step.attempt > steps[i - 1]!.attempt;
        return (
          <li key={i} className={underWay ? 'under-way' : 'done'}>
            <span className="unseen">{underWay ? 'Under way: ' : 'Done: '}</span>
            {step.message}
            {took >= 100 && <span className="took">{duration(took)}</span>}
            {resumed && <span className="note"> (attempt {step.attempt}, going on after an interruption)</span>}
          </li>
        );
      })}
    </ol>
  );
  if (running) return list;
  return (
    <details className="fold" onToggle={(event) => event.currentTarget.open && steps.length === 0 && onRead()}>
      <summary>{steps.length === 0 ? 'Steps' : count(steps.length, 'step')}</summary>
      {list}
    </details>
  );
}
