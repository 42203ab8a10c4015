/** UUID version 7 (RFC 9562): sorts by the time it was made. Pure when `now` and `random` (10 bytes) are given. */
export function uuidv7(now: number = Date.now(), random: Uint8Array = crypto.getRandomValues(new Uint8Array(10))): string {
  const hex = [now, ...random].map((n, i) => n.toString(16).padStart(i ? 2 : 12, '0')).join('');
  // Of the random digits, the first and the fifth give way to the version and the variant.
  return hex.replace(/(.{8})(....).(...).(...)/, `$1-$2-7$3-${'89ab'[(random[2]! >> 4) & 3]}$4-`);
}
