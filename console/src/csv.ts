/** Rows as CSV (RFC 4180), safe to open in a spreadsheet. Pure. */

import type { Cell, Table } from './chat/backend_answer.ts';

export function toCsv(table: Pick<Table, 'columns' | 'rows'>): string {
  const lines = [table.columns, ...table.rows].map((row) => row.map(field).join(','));
  const text = lines.map((line) => `${line}\r\n`).join('');
  // Without the mark a spreadsheet reads anything beyond ASCII wrongly; plain ASCII is left plain.
  return /[^\x00-\x7f]/.test(text) ? `\ufeff${text}` : text;
}

function field(cell: Cell): string {
  if (cell === null) return '';
  const text = typeof cell === 'string' ? harmless(cell) : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A text that a spreadsheet would run as a formula gets an apostrophe; a number written as text stays. */
function harmless(text: string): string {
  const startsFormula = /^[=+\-@\t\r\uff0b\uff0d\uff1d\uff20]/.test(text);
  const isNumber = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text);
  return startsFormula && !isNumber ? `'${text}` : text;
}
