/** Parser of `text/event-stream`, as the HTML standard describes it. Pure: bytes in, events out. */

export interface ServerSentEvent {
  /** Its own; empty when it has none. (The standard hands the last one on: who resumes keeps that.) */
  id: string;
  type: string;
  data: string;
}

/** In characters. An answer this long is got by asking for the run. */
const kLongestEvent = 32 * 1024 * 1024;

/**
 * Feed the parser chunks cut anywhere, also in the middle of a character or of a CRLF: it returns the events that each
 * completes. An event not ended by an empty line is never returned. Throws on an event without end.
 */
export function sseParser(): (chunk: Uint8Array) => ServerSentEvent[] {
  // Swallows a byte order mark at the start, as the standard asks.
  const decoder = new TextDecoder();
  /** The line that has not ended. Engines put its pieces together when it is read, not each time one is added. */
  let rest = '';
  let endedInReturn = false;
  let id = '';
  let type = '';
  let data = '';
  return (chunk) => {
    const events: ServerSentEvent[] = [];
    let text = decoder.decode(chunk, { stream: true });
    if (!text) return events;
    if (endedInReturn && text[0] === '\n') text = text.slice(1);
    endedInReturn = text.endsWith('\r');
    const lines = text.split(/\r\n?|\n/);
    lines[0] = rest + lines[0];
    rest = lines.pop()!;
    for (const line of lines) {
      // A comment has an empty name; a name alone has an empty value.
      const [field, value = ''] = line.split(/: ?(.*)/s);
      if (field === 'data') data += `${value}\n`;
      else if (field === 'event') type = value;
      else if (field === 'id' && !value.includes('\0')) id = value;
      if (line) continue;
      if (data) events.push({ id, type: type || 'message', data: data.slice(0, -1) });
      id = type = data = '';
    }
    if (rest.length + data.length > kLongestEvent) throw new RangeError('an event is too long');
    return events;
  };
}
