import { useEffect } from 'react';

export const kShortcuts = [
  { keys: ['Enter'], effect: 'Send the question' },
  { keys: ['Shift', 'Enter'], effect: 'New line' },
  { keys: ['↑'], effect: 'In the empty box: your last question again' },
  { keys: ['Esc'], effect: 'Back to the question' },
  { keys: ['Alt', 'N'], effect: 'New thread' },
  { keys: ['Alt', '.'], effect: 'Stop the question under way' },
  { keys: ['Alt', '/'], effect: 'This list' },
];

interface Actions {
  toQuestion: () => void;
  newThread: () => void;
  stop: () => void;
  list: () => void;
}

/** Keys that work everywhere on the page. With Alt, because single letters get in the way of speech input. */
export function useShortcuts({ toQuestion, newThread, stop, list }: Actions): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return;
      const action = actionOf(event, { toQuestion, newThread, stop, list });
      if (!action) return;
      event.preventDefault();
      action();
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  });
}

function actionOf(event: KeyboardEvent, actions: Actions): (() => void) | undefined {
  if (event.key === 'Escape') return actions.toQuestion;
  if (!event.altKey || event.ctrlKey || event.metaKey) return undefined;
  // By place: with Alt, some layouts make another character of the key.
  switch (event.code) {
    case 'KeyN':
      return actions.newThread;
    case 'Period':
      return actions.stop;
    case 'Slash':
      return actions.list;
    default:
      return undefined;
  }
}
