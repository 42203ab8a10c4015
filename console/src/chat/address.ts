/** The open thread is in the fragment of the address, so that it survives a reload and can be kept as a bookmark. */

import { uuidv7 } from '@holdfast/client';

const kPrefix = '#/threads/';

export function addressOf(threadId: string): string {
  return kPrefix + encodeURIComponent(threadId);
}

/** Without a thread in the address, a new one is begun and put there. */
export function threadInAddress(): string {
  const { hash } = window.location;
  const named = hash.startsWith(kPrefix) ? decoded(hash.slice(kPrefix.length)) : '';
  if (named !== '' && named.length <= 100) return named;
  const fresh = uuidv7();
  history.replaceState(null, '', addressOf(fresh));
  return fresh;
}

export function beginThread(): void {
  window.location.hash = addressOf(uuidv7());
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
