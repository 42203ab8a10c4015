/** UUID version 7 (RFC 9562): sorts by the time it was made. Pure when `now` and `random` (10 bytes) are given. */
export function uuidv7(now: number = Date.now(), random: Uint8Array = crypto.getRandomValues(new Uint8Array(10))): string {
  const hex = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const variant = '89ab'[(random[2]! >> 4) & 3];
  const digits = `${now.toString(16).padStart(12, '0')}7${hex.slice(1, 4)}${variant}${hex.slice(5)}`;
  return digits.replace(/(.{8})(....)(....)(....)/, '$1-$2-$3-$4-');
}
