import { useEffect, useRef, useState } from 'react';

interface Props {
  name: string;
  /** Asks once more before it acts, with this as the second button. */
  confirm?: string;
  /** What distinguishes this button for those who do not see where it stands. */
  about?: string;
  act: () => Promise<string>;
}

type State = { phase: 'ready' | 'asking' | 'acting' } | { phase: 'done' | 'failed'; words: string };

/** A button that does something to the server and says what came of it. */
export function Action({ name, confirm, about, act }: Props) {
  const [state, setState] = useState<State>({ phase: 'ready' });
  const button = useRef<HTMLButtonElement>(null);
  const before = useRef(state.phase);
  // The button that was pressed is gone: the focus goes to the one that stands in its place.
  useEffect(() => {
    if (before.current === 'asking' && state.phase !== 'asking') button.current?.focus();
    before.current = state.phase;
  }, [state.phase]);
  const label = about ? `: ${about}` : '';
  const run = async () => {
    setState({ phase: 'acting' });
    try {
      setState({ phase: 'done', words: await act() });
    } catch (error) {
      setState({ phase: 'failed', words: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <span className="action">
      {state.phase === 'asking' ? (
        <span className="choice" role="group" aria-label={`${name}${label}`} onKeyDown={(event) => event.key === 'Escape' && setState({ phase: 'ready' })}>
          <button type="button" className="danger" autoFocus onClick={run}>{confirm}</button>
          <button type="button" onClick={() => setState({ phase: 'ready' })}>No</button>
        </span>
      ) : (
        <button type="button" ref={button} aria-disabled={state.phase === 'acting'} onClick={state.phase === 'acting' ? undefined : confirm ? () => setState({ phase: 'asking' }) : run}>
          {state.phase === 'acting' ? 'Working…' : name}<span className="unseen">{label}</span>
        </button>
      )}
      <span role="status" className={`outcome ${state.phase}`}>{'words' in state ? state.words : ''}</span>
    </span>
  );
}
