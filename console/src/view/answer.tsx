import type { Run } from '../delivery/protocol.ts';
import { RowsTable } from './rows_table.tsx';
import { Sql } from './sql.tsx';
import { answerText, sourceWords, timingWords } from './words.ts';

interface Props {
  run: Run;
  offerFollowUps: boolean;
  onAsk: (prompt: string) => void;
}

export function Answer({ run, offerFollowUps, onAsk }: Props) {
  const result = typeof run.result === 'object' ? run.result : {};
  const { table, sql, followup_prompts = [] } = result ?? {};
  const sources = sourceWords(result ?? {});
  const timing = timingWords(run);
  return (
    <>
      <p className="answer">{answerText(run)}</p>
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
      {offerFollowUps && followup_prompts.length > 0 && (
        <ul className="examples follow-ups" aria-label="Follow-up questions">
          {followup_prompts.map((prompt) => (
            <li key={prompt}>
              <button onClick={() => onAsk(prompt)}>{prompt}</button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
