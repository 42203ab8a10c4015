/** What is being typed, kept over a reload of this tab. Denied or full storage costs no more than the draft. */

const kKey = 'holdfast.draft';

export function readDraft(): string {
  try {
    return sessionStorage.getItem(kKey) ?? '';
  } catch {
    return '';
  }
}

export function keepDraft(text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(kKey);
    else sessionStorage.setItem(kKey, text);
  } catch {
    // Nothing to do: the text is still in the box.
  }
}
