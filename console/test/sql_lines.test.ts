import { describe, expect, it } from 'vitest';
import { sqlLines } from '../src/view/sql_lines.ts';

describe('sqlLines', () => {
  it('begins a line with each clause', () => {
    expect(sqlLines('SELECT a FROM t LEFT JOIN u ON 1 WHERE b = 2 GROUP BY a ORDER BY a LIMIT 5')).toBe(
      'SELECT a\nFROM t\nLEFT JOIN u ON 1\nWHERE b = 2\nGROUP BY a\nORDER BY a\nLIMIT 5',
    );
  });

  it('leaves quoted text and names alone', () => {
    const sql = `SELECT "ship FROM x", 'it''s WHERE it was' FROM "limit LIMIT"`;
    expect(sqlLines(sql)).toBe(`SELECT "ship FROM x", 'it''s WHERE it was'\nFROM "limit LIMIT"`);
  });

  it('leaves lines as the author set them', () => {
    expect(sqlLines('SELECT a FROM t\nLIMIT 1')).toBe('SELECT a FROM t\nLIMIT 1');
  });
});
