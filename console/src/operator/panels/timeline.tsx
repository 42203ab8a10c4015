import { useEffect, useRef, useState } from 'react';
import { readRun, readTimeline, type Entry, type RunDetail } from '../link/actions.ts';
import type { Operations } from '../model/operations.ts';
import { sinceText, timeline } from '../model/timeline.ts';
import { clock, size, took } from '../model/words.ts';
import { Figure, Figures } from '../view/panel.tsx';

interface Props {
  /** Empty: none is looked at. */
  id: string;
  operations: Operations;
  onClose: () => void;
}

interface Seen {
  run: RunDetail;
  entries: Entry[];
}

/** One run from its acceptance to its delivery. Read again whenever the stream tells that it moved on. */
export function TimelineDialog({ id, operations, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [seen, setSeen] = useState<Seen>();
  const [trouble, setTrouble] = useState('');
  const news = newsOf(id, operations);

  useEffect(() => {
    if (id && !dialog.current?.open) dialog.current?.showModal();
    if (!id) dialog.current?.close();
    setSeen(undefined);
  }, [id]);
  useEffect(() => {
    if (!id) return;
    let wanted = true;
    Promise.all([readRun(id), readTimeline(id)]).then(
      ([run, entries]) => {
        if (!wanted) return;
        setSeen({ run, entries });
        setTrouble('');
      },
      (error: unknown) => wanted && setTrouble(error instanceof Error ? error.message : String(error)),
    );
    return () => {
      wanted = false;
    };
  }, [id, news]);

  return (
    <dialog ref={dialog} className="timeline" aria-labelledby="timeline-title" onClose={onClose} onClick={(event) => event.target === dialog.current && onClose()}>
      {id && (
        <div className="sheet">
          <div className="head">
            <h2 id="timeline-title">{seen?.run.prompt || 'Run'}</h2>
            <button type="button" onClick={onClose}>Close</button>
          </div>
          <p className="id">{id}</p>
          {trouble && <p className="note bad" role="alert">{trouble}</p>}
          {!seen && !trouble && <p className="note">Reading the journal…</p>}
          {seen && <Story {...seen} />}
        </div>
      )}
    </dialog>
  );
}

/** Changes when the run has. */
function newsOf(id: string, { topics }: Operations): string {
  const live = [...(topics.runs?.running ?? []), ...(topics.runs?.waiting ?? [])].find((run) => run.run_id === id);
  const ended = topics.ended?.find((run) => run.run_id === id);
  return live ? `live ${live.last_seq}` : ended ? `ended ${ended.delivered_at}` : '';
}

function Story({ run, entries }: Seen) {
  const lines = timeline(entries);
  const memory = run.usage?.memory;
  const bytes = (key: string) => (typeof memory?.[key] === 'number' ? size(memory[key]) : '–');
  const longest = Math.max(1, ...lines.map((line) => line.lasted ?? 0));
  return (
    <>
      <Figures>
        <Figure name="State" value={run.status} note={run.error?.message} tone={run.status === 'failed' || run.status === 'expired' ? 'bad' : undefined} />
        <Figure name="Accepted" value={clock(run.created_at)} note={run.delivered_at ? `delivered ${clock(run.delivered_at)}` : 'not acknowledged'} />
        <Figure name="Took" value={run.finished_at ? took(run.finished_at - run.created_at) : 'under way'} note={run.attempt > 1 ? `${run.attempt} attempts` : ''} />
        <Figure name="Memory kept" value={bytes('retained_bytes')} note={memory ? `worker at ${bytes('peak_bytes')} at most; ${bytes('predicted_bytes')} more were expected` : 'not measured'} />
      </Figures>
      <ol className="entries">
        {lines.map((line) => (
          <li key={line.seq} className={line.tone}>
            <span className="since">{sinceText(line.since)}</span>
            <span className="what">{line.what}{line.detail && <small>{line.detail}</small>}</span>
            <span className="lasted">
              {line.lasted !== undefined && <><svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width={Math.max(1, (line.lasted / longest) * 100)} height="6" /></svg>{took(line.lasted)}</>}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}
