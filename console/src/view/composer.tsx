import { useEffect, useState, type KeyboardEvent, type RefObject, type SubmitEvent } from 'react';
import { keepDraft, readDraft } from '../chat/draft.ts';

interface Props {
  box: RefObject<HTMLTextAreaElement | null>;
  busy: boolean;
  lastQuestion: string;
  onAsk: (prompt: string) => void;
  onStop: () => void;
}

/** The server's limit, in characters. */
const kLongest = 10_000;

export function Composer({ box, busy, lastQuestion, onAsk, onStop }: Props) {
  const [text, setText] = useState(readDraft);
  useEffect(() => keepDraft(text), [text]);
  const prompt = text.trim();
  const excess = [...prompt].length - kLongest;

  const send = (event?: SubmitEvent) => {
    event?.preventDefault();
    if (busy || prompt === '' || excess > 0) return;
    onAsk(prompt);
    setText('');
  };
  const stop = () => {
    onStop();
    // The button goes away with the run; the focus must not go with it.
    box.current?.focus();
  };
  const pressed = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'ArrowUp' && text === '' && lastQuestion !== '') {
      event.preventDefault();
      setText(lastQuestion);
    }
  };

  return (
    <form className="composer" onSubmit={send}>
      <div className="field">
        <label htmlFor="question" className="unseen">Your question</label>
        <textarea
          id="question"
          ref={box}
          rows={Math.min(8, text.split('\n').length)}
          value={text}
          placeholder="Ask about the data"
          aria-describedby="question-hint"
          aria-invalid={excess > 0}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={pressed}
        />
        {busy ? (
          <button type="button" className="stop" onClick={stop}>Stop</button>
        ) : (
          <button type="submit" className="primary" disabled={prompt === '' || excess > 0}>Send</button>
        )}
      </div>
      <p id="question-hint" className="hint">{hint(busy, excess)}</p>
    </form>
  );
}

function hint(busy: boolean, excess: number) {
  if (excess > 0) return `${excess.toLocaleString('en')} characters too many: a question may have ${kLongest.toLocaleString('en')}.`;
  if (busy) return 'One question at a time: wait for the answer, or stop it.';
  return (
    <span className="keys">
      <kbd>Enter</kbd> sends · <kbd>Shift</kbd> <kbd>Enter</kbd> new line · <kbd>Alt</kbd> <kbd>/</kbd> shortcuts
    </span>
  );
}
