import { describe, expect, it } from 'vitest';
import { toCsv } from '../src/csv.ts';

describe('toCsv', () => {
  it('ends lines with CRLF and quotes only what needs it', () => {
    const csv = toCsv({ columns: ['name', 'a "quoted" one'], rows: [['x, y', 'two\nlines'], ['plain', null], [true, 1.5]] });
    expect(csv).toBe('name,"a ""quoted"" one"\r\n"x, y","two\nlines"\r\nplain,\r\ntrue,1.5\r\n');
  });

  it('disarms text that a spreadsheet would run', () => {
    const armed = ['=1+1', '+cmd', '-x', '@SUM(A1)', '\t=1', '\r=1', '＝1'];
    for (const text of armed) expect(toCsv({ columns: ['c'], rows: [[text]] })).toContain(`'${text}`);
    expect(toCsv({ columns: ['=HYPERLINK()'], rows: [] })).toContain("'=HYPERLINK()");
  });

  it('leaves negative numbers alone, also when they come as text', () => {
    expect(toCsv({ columns: ['c'], rows: [[-5], ['-5'], ['+1.5e-3']] })).toBe('c\r\n-5\r\n-5\r\n+1.5e-3\r\n');
  });

  it('marks the encoding only where plain ASCII would not do', () => {
    expect(toCsv({ columns: ['město'], rows: [] })).toBe('\ufeffměsto\r\n');
    expect(toCsv({ columns: ['city'], rows: [] })).toBe('city\r\n');
  });
});
