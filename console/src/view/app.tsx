import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { isTerminal } from '@holdfast/client';
import { beginThread } from '../chat/address.ts';
import type { Chat } from '../chat/chat.ts';
import { Announcer } from './announcer.tsx';
import { Composer } from './composer.tsx';
import { Mark } from './mark.tsx';
import { Notices } from './notices.tsx';
import { SignIn } from './sign_in.tsx';
import { Shortcuts } from './shortcuts.tsx';
import { ThreadList } from './thread_list.tsx';
import { TurnView } from './turn_view.tsx';
import { useShortcuts } from './use_shortcuts.ts';
import { Welcome } from './welcome.tsx';

export function App({ chat }: { chat: Chat }) {
  const state = useSyncExternalStore(chat.subscribe, chat.snapshot);
  const [threadsOpen, setThreadsOpen] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const shortcuts = useRef<HTMLDialogElement>(null);
  const waiting = state.turns.find((turn) => turn.delivery && !turn.delivery.refusal && !isTerminal(turn.view.status));
  const last = state.turns.at(-1);

  const toQuestion = () => {
    setThreadsOpen(false);
    box.current?.focus();
  };
  const newThread = () => {
    beginThread();
    toQuestion();
  };
  const stop = () => waiting && chat.cancel(waiting.runId);
  useShortcuts({ toQuestion, newThread, stop, list: () => shortcuts.current?.showModal() });

  useEffect(() => {
    box.current?.focus();
    const first = chat.snapshot().turns[0];
    document.title = first ? `${first.prompt} · Holdfast` : 'Holdfast';
  }, [chat, state.threadId, state.turns.length]);

  const ask = (prompt: string) => {
    if (waiting) return;
    chat.ask(prompt);
    toQuestion();
  };

  return (
    <div className="page">
      <a className="skip" href="#question" onClick={(event) => { event.preventDefault(); toQuestion(); }}>
        Skip to the question
      </a>
      <header className="bar">
        <button className="quiet" aria-expanded={threadsOpen} aria-controls="threads" onClick={() => setThreadsOpen(!threadsOpen)}>
          Threads
        </button>
        <span className="name"><Mark /> Holdfast</span>
        <button className="quiet" onClick={newThread}>New</button>
      </header>
      <aside id="threads" className={threadsOpen ? 'open' : undefined}>
        <ThreadList
          threads={state.threads}
          threadId={state.threadId}
          onNew={newThread}
          onOpen={toQuestion}
          onShortcuts={() => shortcuts.current?.showModal()}
          mayLook={state.access === 'open'}
          onSignOut={state.signedIn ? () => chat.signOut() : undefined}
        />
      </aside>
      <main>
        <h1 className="unseen">{last ? 'Conversation' : 'Ask a question about the data'}</h1>
        <SignIn state={state.access} onSignIn={(token) => chat.signIn(token)} />
        <Notices offline={state.offline} durable={state.durable} missing={state.history === 'missing' && state.access === 'open'} />
        {last ? (
          <div className="turns">
            {state.turns.map((turn) => (
              <TurnView
                key={turn.runId}
                turn={turn}
                latest={turn === last}
                idle={!waiting}
                onAsk={ask}
                onShown={() => chat.shown(turn.runId)}
                onReadSteps={() => void chat.readSteps(turn.runId)}
              />
            ))}
          </div>
        ) : (
          state.history !== 'loading' && <Welcome examples={state.examples} onAsk={ask} />
        )}
        <Composer box={box} busy={waiting !== undefined} lastQuestion={last?.prompt ?? ''} onAsk={ask} onStop={stop} />
      </main>
      <Announcer turn={last} />
      <Shortcuts dialog={shortcuts} />
    </div>
  );
}
