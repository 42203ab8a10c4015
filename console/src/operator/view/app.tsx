import { useEffect, useSyncExternalStore } from 'react';
import type { Feed, FeedState } from '../link/feed.ts';
import { judge } from '../model/health.ts';
import type { Operations } from '../model/operations.ts';
import { clock, duration } from '../model/words.ts';
import { AnswersPanel } from '../panels/answers.tsx';
import { DatabasePanel } from '../panels/database.tsx';
import { MemoryPanel } from '../panels/memory.tsx';
import { OutcomesPanel } from '../panels/outcomes.tsx';
import { ReliefPanel } from '../panels/relief.tsx';
import { RoutesPanel } from '../panels/routes.tsx';
import { RunsPanel } from '../panels/runs.tsx';
import { SettingsPanel } from '../panels/settings.tsx';
import { TimelineDialog } from '../panels/timeline.tsx';
import { WorkersPanel } from '../panels/workers.tsx';
import { Sentence } from './sentence.tsx';
import { SignIn } from './sign_in.tsx';
import { useOpenRun } from './use_open_run.ts';

export function App({ feed }: { feed: Feed }) {
  const state = useSyncExternalStore(feed.subscribe, feed.current);
  const { operations } = state;
  const { openRun, open, close } = useOpenRun();
  const health = operations && judge(operations, state.lost, clock);
  const mark = health?.severity === 'bad' ? '(!) ' : '';
  useEffect(() => {
    document.title = `${mark}Holdfast console`;
  }, [mark]);
  return (
    <>
      {operations && <a className="skip" href="#runs">To the runs</a>}
      <Header operations={operations} feed={feed} />
      <main id="main">
        {state.access !== 'open' && <SignIn access={state.access} onSignIn={(token) => feed.signIn(token)} />}
        {health ? <Sentence health={health} /> : <Waiting state={state} />}
        {operations && (operations.admin ? <Everything operations={operations} onOpen={open} /> : <OwnRuns operations={operations} onOpen={open} />)}
      </main>
      {operations && <TimelineDialog id={openRun} operations={operations} onClose={close} />}
    </>
  );
}

/** The panels, in the order in which an operator asks. To add one: a file in panels/, a line here. */
function Everything({ operations, onOpen }: { operations: Operations; onOpen: (id: string) => void }) {
  return (
    <>
      <MemoryPanel operations={operations} />
      <RunsPanel operations={operations} onOpen={onOpen} />
      <div className="pair">
        <AnswersPanel operations={operations} />
        <OutcomesPanel operations={operations} onOpen={onOpen} />
      </div>
      <RoutesPanel operations={operations} onOpen={onOpen} />
      <WorkersPanel operations={operations} onOpen={onOpen} />
      <ReliefPanel operations={operations} />
      <DatabasePanel operations={operations} />
      <SettingsPanel operations={operations} />
    </>
  );
}

function OwnRuns({ operations, onOpen }: { operations: Operations; onOpen: (id: string) => void }) {
  return (
    <>
      <RunsPanel operations={operations} onOpen={onOpen} />
      <OutcomesPanel operations={operations} onOpen={onOpen} />
    </>
  );
}

function Header({ operations, feed }: { operations: Operations | undefined; feed: Feed }) {
  const up = operations && (Date.now() + operations.skew - operations.startedAt) / 1000;
  return (
    <header>
      <h1>Holdfast <span>console</span></h1>
      {operations && <p className="facts">version {operations.version} <span aria-hidden="true">·</span> up {duration(roughly(up ?? 0))}{operations.subject !== 'local' && <> <span aria-hidden="true">·</span> {operations.subject}</>}</p>}
      <nav aria-label="Pages">
        <a href="/">Ask a question</a>
        {operations && operations.subject !== 'local' && <button type="button" className="link" onClick={() => feed.signOut()}>Sign out</button>}
      </nav>
    </header>
  );
}

/** Seconds are noise after the first minutes. */
function roughly(seconds: number): number {
  return seconds < 120 ? seconds : Math.floor(seconds / 60) * 60;
}

function Waiting({ state }: { state: FeedState }) {
  if (state.access !== 'open') return null;
  return <p className="connecting" role="status">{state.lost === undefined ? 'Connecting…' : `The server cannot be reached: ${state.trouble} The console keeps trying.`}</p>;
}
