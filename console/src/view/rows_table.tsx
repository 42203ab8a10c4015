import { useRef, useState } from 'react';
import { toCsv } from '../csv.ts';
import type { Cell, Table } from '../chat/backend_answer.ts';
import { count } from './words.ts';

const kFirstRows = 20;

export function RowsTable({ table, runId }: { table: Table; runId: string }) {
  const [all, setAll] = useState(false);
  const region = useRef<HTMLDivElement>(null);
  const showAll = () => {
    setAll(true);
    // The button goes away; what it showed takes the focus.
    region.current?.focus({ preventScroll: true });
  };
  const shown = all ? table.rows : table.rows.slice(0, kFirstRows);
  const numeric = table.columns.map((_, i) => table.rows.every((row) => row[i] === null || typeof row[i] === 'number'));
  return (
    <figure className="rows">
      <div className="scroll" ref={region} role="region" aria-label="Rows" tabIndex={0}>
        <table>
          <thead>
            <tr>{table.columns.map((column, i) => <th key={i} scope="col" className={numeric[i] ? 'number' : undefined}>{column}</th>)}</tr>
          </thead>
          <tbody>
            {shown.map((row, r) => (
              <tr key={r}>{row.map((cell, i) => <td key={i} className={numeric[i] ? 'number' : undefined}>{cellText(cell)}</td>)}</tr>
            ))}
          </tbody>
        </table>
      </div>
      <figcaption>
        <span>{rowWords(table, shown.length)}</span>
        {shown.length < table.rows.length && <button className="link" onClick={showAll}>Show {table.rows.length.toLocaleString('en')}</button>}
        <button className="link" onClick={() => download(toCsv(table), `holdfast-${runId}.csv`)}>Download CSV</button>
      </figcaption>
    </figure>
  );
}

function cellText(cell: Cell) {
  if (cell === null) return <span className="none">none</span>;
  // The file has every digit; on the page six are enough.
  return typeof cell === 'number' ? cell.toLocaleString('en', { maximumFractionDigits: 6, useGrouping: false }) : String(cell);
}

function rowWords(table: Table, shown: number): string {
  const total = Math.max(table.row_count, table.rows.length);
  if (table.truncated) return `First ${shown.toLocaleString('en')} rows; the result was cut at ${count(table.rows.length, 'row')}`;
  return shown < total ? `First ${shown.toLocaleString('en')} of ${count(total, 'row')}` : count(total, 'row');
}

function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
