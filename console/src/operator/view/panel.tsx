import type { ReactNode } from 'react';

interface Props {
  id: string;
  title: string;
  /** Beside the title: a figure, or what can be done. */
  aside?: ReactNode;
  children: ReactNode;
}

export function Panel({ id, title, aside, children }: Props) {
  return (
    <section className="panel" id={id} aria-labelledby={`${id}-title`} tabIndex={-1}>
      <div className="head">
        <h2 id={`${id}-title`}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** A table that scrolls by itself when the screen is too narrow, also by keyboard. */
export function Scroll({ label, children }: { label: string; children: ReactNode }) {
  return <div className="scroll" role="region" aria-label={label} tabIndex={0}>{children}</div>;
}

/** Figures with their names, side by side. */
export function Figures({ children }: { children: ReactNode }) {
  return <dl className="figures">{children}</dl>;
}

export function Figure({ name, value, note, tone }: { name: string; value: ReactNode; note?: ReactNode; tone?: 'warn' | 'bad' | undefined }) {
  return (
    <div className={tone ?? ''}>
      <dt>{name}</dt>
      <dd>{value}{note && <small>{note}</small>}</dd>
    </div>
  );
}
