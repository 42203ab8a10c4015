/** Cuts the text of our event stream into events. Pure: text in, events out. */

export interface StreamEvent {
  type: string;
  data: string;
}

/** An event that never ends is not kept for ever. The largest snapshot is some 300 KB. */
export const kLargestEvent = 8 * 1024 * 1024;

export class EventCutter {
  private rest = '';

  /** Events completed by this piece; comments and events without data are none. Throws when one is too large. */
  feed(piece: string): StreamEvent[] {
    const blocks = (this.rest + piece).split('\n\n');
    this.rest = blocks.pop()!;
    if (this.rest.length > kLargestEvent) throw new Error('an event of the stream is too large');
    return blocks.map(read).filter((event) => event.data !== '');
  }
}

function read(block: string): StreamEvent {
  const event = { type: 'message', data: '' };
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) event.type = line.slice(7);
    else if (line.startsWith('data: ')) event.data += line.slice(6);
  }
  return event;
}
