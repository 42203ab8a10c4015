import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sseParser, type ServerSentEvent } from '../src/sse.ts';

const encode = (text: string) => new TextEncoder().encode(text);

function parse(bytes: Uint8Array, cuts: number[] = []): ServerSentEvent[] {
  const feed = sseParser();
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  return edges.slice(1).flatMap((end, i) => feed(bytes.subarray(edges[i], end)));
}

const kStream = '\ufeffretry: 2000\r\nevent: hello\r\ndata: {}\r\n\r\n: hb\n\nid: 7\nevent: delta\ndata: {"text":"Třebíč 🐙"}\n\nid:8\rdata:a\rdata: b\r\revent: done\ndata\n\n';
const kEvents = [
  { id: '', type: 'hello', data: '{}' },
  { id: '7', type: 'delta', data: '{"text":"Třebíč 🐙"}' },
  { id: '8', type: 'message', data: 'a\nb' },
  { id: '', type: 'done', data: '' },
];

describe('sseParser', () => {
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
    const feed = sseParser();
    const piece = encode('x'.repeat(1024));
    expect(feed(encode('data: '))).toEqual([]);
    for (let i = 0; i < 10 * 1024; i++) feed(piece);
    expect(feed(encode('\n\n'))[0]?.data.length).toBe(10 * 1024 * 1024);
  }, 5_000);

  it('ignores an id with a NUL, as the standard asks', () => {
    expect(parse(encode('id: 5\ndata: a\n\nid: 6\0\ndata: b\n\n')).map((event) => event.id)).toEqual(['5', '']);
  });

  it('refuses an event without end before it takes the memory of the page', () => {
    const feed = sseParser();
    const piece = encode('x'.repeat(1024 * 1024));
    expect(() => {
      for (let i = 0; i < 64; i++) feed(piece);
    }).toThrow(RangeError);
  });

  it('says nothing different from a parser that has all lines at once', () => {
    const line = fc.tuple(fc.constantFrom('data:', 'data: ', 'id: ', 'event: ', ':', 'x'), fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ''))).map((p) => p.join(''));
    const block = fc.array(line, { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(block, { maxLength: 8 }), fc.constantFrom('\n', '\r\n', '\r'), (blocks, eol) => {
        const text = blocks.map((lines) => lines.map((l) => l + eol).join('') + eol).join('');
        expect(parse(encode(text))).toEqual(simple(blocks));
      }),
    );
  });
});

/** The standard, for lines that are known already. */
function simple(blocks: string[][]): ServerSentEvent[] {
  return blocks.flatMap((lines) => {
    let id = '';
    let type = '';
    const data: string[] = [];
    for (const line of lines) {
      const colon = line.indexOf(':');
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (name === 'data') data.push(value);
      if (name === 'event') type = value;
      if (name === 'id' && !value.includes('\0')) id = value;
    }
    return data.length > 0 ? [{ id, type: type || 'message', data: data.join('\n') }] : [];
  });
}
