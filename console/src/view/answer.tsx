import type { Run } from '@holdfast/client';
import { resultOf } from '../chat/backend_answer.ts';
import { RowsTable } from './rows_table.tsx';
import { Sql } from './sql.tsx';
import { answerText, sourceWords, timingWords, withoutOffers } from './words.ts';

interface Props {
  run: Run;
  offerFollowUps: boolean;
  onAsk: (prompt: string) => void;
}

export function Answer({ run, offerFollowUps, onAsk }: Props) {
  const result = resultOf(run.result) ?? {};
  const { table, sql, answered = true, followup_prompts = [] } = result;
  const offered = offerFollowUps ? followup_prompts : [];
  const sources = sourceWords(result);
  const timing = timingWords(run);
  return (
    <>
      {!answered && <p className="not-answered">Not answered</p>}
      <p className={answered ? 'answer' : 'answer declined'}>{withoutOffers(answerText(run), offered)}</p>
      {table && table.columns.length > 0 && <RowsTable table={table} runId={run.run_id} />}
      {sql && <Sql sql={sql} />}
      {sources.map(({ name, about }) => (
        <p key={name} className="sources">
          <span className="label">Source</span> {name} <span className="about">{about}</span>
        </p>
      ))}
      <p className="small">
        {timing !== '' && <span>{timing}</span>}
        <span>Kept as run {run.run_id}</span>
      </p>
      {offered.length > 0 && (
        <>
          {!answered && <p className="offer">Questions that can be answered:</p>}
          <ul className="examples follow-ups" aria-label={answered ? 'Follow-up questions' : 'Questions that can be answered'}>
            {offered.map((prompt) => (
              <li key={prompt}>
                <button onClick={() => onAsk(prompt)}>{prompt}</button>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
