import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SseParser, type ServerSentEvent } from '../src/delivery/sse.ts';

const encode = (text: string) => new TextEncoder().encode(text);

function parse(bytes: Uint8Array, cuts: number[] = []): ServerSentEvent[] {
  const parser = new SseParser();
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  return edges.slice(1).flatMap((end, i) => parser.feed(bytes.subarray(edges[i], end)));
}

const kStream = '\ufeffretry: 2000\r\nevent: hello\r\ndata: {}\r\n\r\n: hb\n\nid: 7\nevent: delta\ndata: {"text":"Třebíč 🐙"}\n\nid:8\rdata:a\rdata: b\r\revent: done\ndata\n\n';
const kEvents = [
  { id: '', type: 'hello', data: '{}' },
  { id: '7', type: 'delta', data: '{"text":"Třebíč 🐙"}' },
  { id: '8', type: 'message', data: 'a\nb' },
  { id: '8', type: 'done', data: '' },
];

describe('SseParser', () => {
  it('reads every line ending, a byte order mark, comments and missing spaces', () => {
    expect(parse(encode(kStream))).toEqual(kEvents);
  });

  it('gives the same events wherever the bytes are cut', () => {
    const bytes = encode(kStream);
    for (let cut = 0; cut <= bytes.length; cut++) expect(parse(bytes, [cut])).toEqual(kEvents);
    expect(parse(bytes, Array.from(bytes.keys()))).toEqual(kEvents);
  });

  it('gives the same events for any text and any cuts', () => {
    const field = fc.constantFrom('data: ', 'data:', 'id: ', 'event: ', ': ', 'nonsense', '');
    const line = fc.tuple(field, fc.string({ unit: 'binary' }), fc.constantFrom('\n', '\r', '\r\n')).map((p) => p.join(''));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.array(fc.nat(500), { maxLength: 20 }), (lines, cuts) => {
        const bytes = encode(lines.join(''));
        expect(parse(bytes, cuts.map((cut) => Math.min(cut, bytes.length)))).toEqual(parse(bytes));
      }),
    );
  });

  it('never returns an event that the stream broke off in', () => {
    expect(parse(encode('id: 1\ndata: {"half":'))).toEqual([]);
    expect(parse(encode('id: 1\ndata: whole\n'))).toEqual([]);
  });

  it('reads an event of ten megabytes in small pieces without slowing down', () => {
    const parser = new SseParser();
    const piece = encode('x'.repeat(1024));
    expect(parser.feed(encode('data: '))).toEqual([]);
    for (let i = 0; i < 10 * 1024; i++) parser.feed(piece);
    expect(parser.feed(encode('\n\n'))[0]?.data.length).toBe(10 * 1024 * 1024);
  }, 5_000);

  it('ignores an id with a NUL, as the standard asks', () => {
    expect(parse(encode('id: 5\ndata: a\n\nid: 6\0\ndata: b\n\n')).map((event) => event.id)).toEqual(['5', '5']);
  });
});
