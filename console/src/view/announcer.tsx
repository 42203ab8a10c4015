import { useEffect, useRef, useState } from 'react';
import type { Turn } from '../chat/chat.ts';
import { answerText, endingWords, progressWords } from './words.ts';

/**
 * The only live region of the page. It says when the state of the newest question changes, and its
 * answer once and whole; steps and pieces of the answer stay silent.
 */
export function Announcer({ turn }: { turn: Turn | undefined }) {
  const [said, setSaid] = useState('');
  const before = useRef({ runId: '', state: '' });
  const { state, words } = stateOf(turn);
  const runId = turn?.runId ?? '';

  useEffect(() => {
    const seen = before.current;
    before.current = { runId, state };
    const changed = seen.runId === runId && seen.state !== state;
    const asked = seen.runId !== runId && turn?.delivery !== undefined;
    if (changed || asked) setSaid(words);
  }, [runId, state, words, turn]);

  return <div role="status" aria-live="polite" className="unseen">{said}</div>;
}

function stateOf(turn: Turn | undefined): { state: string; words: string } {
  if (!turn) return { state: '', words: '' };
  const { view, delivery } = turn;
  const ending = endingWords(view.run, delivery?.refusal);
  if (ending) return { state: 'ended', words: `${ending.title}. ${ending.detail} ${ending.advice}` };
  if (view.run) return { state: 'answered', words: `Answer: ${answerText(view.run)}` };
  const trouble = delivery?.cancelWanted ? 'stopping' : (delivery?.trouble?.problem?.title ?? (delivery?.trouble ? 'reconnecting' : ''));
  return { state: `${view.status} ${trouble}`, words: progressWords(view, delivery) };
}
