/** SQL with each clause on a line of its own; a text that has lines already stays as it is. Pure. */
export function sqlLines(sql: string): string {
  if (sql.includes('\n')) return sql;
  // Quoted text and names are passed over whole; a doubled quote inside reads as two quoted pieces.
  const pieces = /'[^']*'|"[^"]*"|(?<!LEFT|INNER|CROSS)\s+(?=(?:FROM|WHERE|GROUP BY|HAVING|ORDER BY|LIMIT|UNION|(?:LEFT |INNER |CROSS )?JOIN)\b)/gi;
  return sql.replace(pieces, (piece) => (piece.trim() === '' ? '\n' : piece));
}
