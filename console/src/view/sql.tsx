import { useRef, useState } from 'react';
import { sqlLines } from './sql_lines.ts';

export function Sql({ sql }: { sql: string }) {
  const code = useRef<HTMLElement>(null);
  const [said, setSaid] = useState('');

  const lines = sqlLines(sql);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(lines);
      setSaid('Copied');
    } catch {
      // No clipboard outside a secure context: leave it selected, one key away.
      window.getSelection()?.selectAllChildren(code.current!);
      setSaid('Selected: press Ctrl C');
    }
  };

  return (
    <details className="fold sql">
      <summary>SQL</summary>
      <pre tabIndex={0} aria-label="SQL"><code ref={code}>{lines}</code></pre>
      <p>
        <button className="link" onClick={copy}>Copy SQL</button> <span role="status">{said}</span>
      </p>
    </details>
  );
}
