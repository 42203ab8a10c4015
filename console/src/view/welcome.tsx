interface Props {
  examples: string[] | undefined;
  onAsk: (prompt: string) => void;
}

const kShownExamples = 3;

/** An empty thread. Examples come from the server; without any, a hint says what can be asked. */
export function Welcome({ examples, onAsk }: Props) {
  return (
    <section className="welcome">
      <p className="big">Ask a question about the data</p>
      <p>You see each step, the rows and the SQL. The answer is kept, whatever happens to this page.</p>
      {examples && examples.length > 0 && (
        <ul className="examples" aria-label="Examples">
          {examples.slice(0, kShownExamples).map((example) => (
            <li key={example}>
              <button onClick={() => onAsk(example)}>{example}</button>
            </li>
          ))}
        </ul>
      )}
      {examples?.length === 0 && <p className="hint">Look something up, count, sum, average, compare two things, or list the top ten.</p>}
    </section>
  );
}
