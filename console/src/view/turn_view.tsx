import { useEffect, useRef } from 'react';
import type { Turn } from '../chat/chat.ts';
import { Answer } from './answer.tsx';
import { Steps } from './steps.tsx';
import { endingWords, progressWords } from './words.ts';

interface Props {
  turn: Turn;
  latest: boolean;
  /** Another question may be asked now. */
  idle: boolean;
  onAsk: (prompt: string) => void;
  onShown: () => void;
  onReadSteps: () => void;
}

/** One question and what became of it. */
export function TurnView({ turn, latest, idle, onAsk, onShown, onReadSteps }: Props) {
  const { view, delivery, prompt, runId } = turn;
  const place = useRef<HTMLElement>(null);
  const ending = view.status === 'cancelled' && !view.run
    ? { title: 'Stopped', detail: '', advice: 'The question had not reached the server.' }
    : endingWords(view.run, delivery?.refusal);
  const ended = ending !== undefined || view.run !== undefined;

  useEffect(() => {
    if (latest) place.current?.scrollIntoView({ block: 'start' });
  }, [latest]);

  const shown = delivery?.phase === 'answered' && delivery.isShown;
  useEffect(() => {
    if (shown) onShown();
  });

  return (
    <article className="turn" ref={place} aria-busy={!ended} data-run={runId} data-status={view.status}>
      <h2 className="question">{prompt}</h2>
      {!ended && <p className={delivery?.trouble ? 'state trouble' : 'state'}>{progressWords(view, delivery)}</p>}
      {(!ended || view.run) && <Steps steps={view.steps} running={!ended} onRead={onReadSteps} />}
      {!ended && view.text !== '' && <p className="answer partial" aria-hidden="true">{view.text}</p>}
      {view.run?.status === 'completed' && <Answer run={view.run} offerFollowUps={latest && idle} onAsk={onAsk} />}
      {ending && (
        <div className="ending">
          <p><strong>{ending.title}</strong></p>
          {ending.detail !== '' && <p>{ending.detail}</p>}
          <p>{ending.advice}</p>
          {idle && <button onClick={() => onAsk(prompt)}>Ask again</button>}
          <p className="small">Run {runId}</p>
        </div>
      )}
    </article>
  );
}
