import { describe, expect, it } from 'vitest';
import { withoutOffers } from '../src/view/words.ts';

const declined = 'I cannot answer that.\n\nQuestions I can answer:\n- How many?\n- Which?';

describe('withoutOffers', () => {
  it('leaves out the list that is offered as buttons', () => {
    expect(withoutOffers(declined, ['How many?', 'Which?', 'And?'])).toBe('I cannot answer that.');
  });

  it('keeps a list that is not offered, whole', () => {
    expect(withoutOffers(declined, [])).toBe(declined);
    expect(withoutOffers(declined, ['Which?'])).toBe(declined);
  });

  it('keeps rows of an answer', () => {
    const answer = 'Deaths by year:\n- 1931: 5\n- 1932: 6';
    expect(withoutOffers(answer, ['How many?'])).toBe(answer);
  });
});
