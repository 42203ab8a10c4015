import { useEffect, useRef, useState } from 'react';
import type { Health } from '../model/health.ts';

const kWords = { good: 'Good', attention: 'Attention', bad: 'Trouble' };

/** The sentence. Its figures change every second; it is announced only when it is about something else. */
export function Sentence({ health }: { health: Health }) {
  const [said, setSaid] = useState('');
  const topic = useRef(health.topic);
  useEffect(() => {
    if (topic.current === health.topic) return;
    topic.current = health.topic;
    setSaid(`${health.sentence} ${health.detail}`.trim());
  }, [health]);
  return (
    <section className={`sentence ${health.severity}`} aria-labelledby="sentence">
      <span className="sign" aria-hidden="true" />
      <div>
        <h2 id="sentence"><span className="unseen">{kWords[health.severity]}: </span>{health.sentence}</h2>
        {health.detail && <p>{health.detail}</p>}
      </div>
      <div role="status" aria-live="polite" className="unseen">{said}</div>
    </section>
  );
}
