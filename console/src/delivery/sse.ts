/** Parser of `text/event-stream`, as the HTML standard describes it. Pure: bytes in, events out. */

export interface ServerSentEvent {
  /** Last id seen, also by an earlier event; empty when there was none. */
  id: string;
  type: string;
  data: string;
}

/** Feed it chunks cut anywhere, also in the middle of a character or of a CRLF. */
export class SseParser {
  // Swallows a byte order mark at the start, as the standard asks.
  private readonly decoder = new TextDecoder('utf-8');
  private pending: string[] = [];
  private afterCarriageReturn = false;
  private lastId = '';
  private type = '';
  private data: string[] = [];

  /** Events completed by this chunk. An event not ended by an empty line is never returned. */
  feed(chunk: Uint8Array): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    const text = this.decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c !== 10 && c !== 13) {
        this.afterCarriageReturn = false;
        continue;
      }
      const secondOfCrLf = c === 10 && this.afterCarriageReturn;
      this.afterCarriageReturn = c === 13;
      if (!secondOfCrLf) {
        const event = this.line(this.take(text.slice(start, i)));
        if (event) events.push(event);
      }
      start = i + 1;
    }
    if (start < text.length) this.pending.push(text.slice(start));
    return events;
  }

  private take(end: string): string {
    if (this.pending.length === 0) return end;
    this.pending.push(end);
    const line = this.pending.join('');
    this.pending = [];
    return line;
  }

  private line(line: string): ServerSentEvent | undefined {
    if (line === '') return this.dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.type = value;
    else if (field === 'id' && !value.includes('\0')) this.lastId = value;
    return undefined;
  }

  private dispatch(): ServerSentEvent | undefined {
    const event = { id: this.lastId, type: this.type || 'message', data: this.data.join('\n') };
    const empty = this.data.length === 0;
    this.type = '';
    this.data = [];
    return empty ? undefined : event;
  }
}
