import { addressOf } from '../chat/address.ts';
import type { Thread } from '../chat/chat.ts';
import { Mark } from './mark.tsx';

interface Props {
  threads: Thread[];
  threadId: string;
  onNew: () => void;
  onOpen: () => void;
  onShortcuts: () => void;
  /** The server takes what this user asks: it shows them their runs in the console, and administrators everything. */
  mayLook: boolean;
  /** Absent where nobody has signed in. */
  onSignOut?: () => void;
}

const kMarkWords = { working: 'under way', unread: 'answer ready' };

export function ThreadList({ threads, threadId, onNew, onOpen, onShortcuts, mayLook, onSignOut }: Props) {
  return (
    <>
      <p className="name"><Mark /> Holdfast</p>
      <button className="new" onClick={onNew}>New thread</button>
      <nav aria-label="Threads">
        <ul>
          {threads.map((thread) => (
            <li key={thread.threadId}>
              <a
                href={addressOf(thread.threadId)}
                aria-current={thread.threadId === threadId ? 'page' : undefined}
                title={thread.title}
                onClick={onOpen}
              >
                <span className="title">{thread.title}</span>
                {thread.mark && <span className={`tag ${thread.mark}`}>{kMarkWords[thread.mark]}</span>}
              </a>
            </li>
          ))}
        </ul>
        {threads.length === 0 && <p className="empty">Your threads are listed here.</p>}
      </nav>
      {mayLook && <a className="quiet" href="/console">Console</a>}
      <button className="quiet" onClick={onShortcuts}>Keyboard shortcuts</button>
      {onSignOut && <button className="quiet" onClick={onSignOut}>Sign out</button>}
    </>
  );
}
