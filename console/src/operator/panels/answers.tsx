import type { Operations } from '../model/operations.ts';
import { duration } from '../model/words.ts';
import { Figure, Figures, Panel } from '../view/panel.tsx';

/** Answers that are written and that no client has acknowledged, and how long the queue makes people wait. */
export function AnswersPanel({ operations }: { operations: Operations }) {
  const { answers } = operations.topics;
  const oldest = answers?.oldest_undelivered_seconds;
  const queued = answers?.oldest_queued_seconds;
  return (
    <Panel id="answers" title="Undelivered answers">
      {!answers ? <p className="nothing">Not known while the database is away.</p> : (
        <Figures>
          <Figure name="In inboxes" value={`${answers.undelivered.toLocaleString('en')}${answers.more ? ' or more' : ''}`} note={answers.undelivered === 0 ? 'every answer was acknowledged' : 'ended, not acknowledged by a client'} />
          <Figure name="Oldest" value={oldest == null ? '–' : duration(oldest)} note={oldest == null ? '' : 'since it ended'} />
          <Figure name="Longest wait now" value={queued == null ? '–' : duration(queued)} note={queued == null ? 'nothing waits' : 'since it was accepted'} tone={queued != null && queued > 60 ? 'warn' : undefined} />
        </Figures>
      )}
      <p className="note">They are kept until a client acknowledges them. Clients that never do, such as plain curl, leave theirs here.</p>
    </Panel>
  );
}
