import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '#src/domain/limits.js';
import type { Answer } from '#src/domain/query/query.js';
import { decodeCbor, encodeCbor } from '#src/wire/cbor.js';
import { Fields } from '#src/wire/fields.js';
import { answerOf, queryOf, rawAnswer, rawQuery } from '#src/wire/query-message.js';
import { answer, query } from '#test/support/query-messages.js';

const sent = (body: object) => new Fields(decodeCbor(encodeCbor(body)), 'it');

describe('a question and an answer', () => {
  it('are what was said', () => {
    fc.assert(
      fc.property(query, answer, (asked, said) => {
        expect(queryOf(sent(rawQuery(asked)))).toEqual(asked);
        expect(answerOf(sent(rawAnswer(said)))).toEqual(said);
      }),
      { numRuns: 100 },
    );
  });

  it('of the most links and contents fit into a frame', () => {
    const id = '0'.repeat(32);
    const peerId = 'b'.repeat(51).concat('a');
    const links = Array.from({ length: 128 }, () => [peerId, 1]).map(() => {
      return { peerId, rttMs: 59_999.999, dialled: true, neighbour: true };
    });
    const most = { query: id, about: 'topology', name: 'n'.repeat(64), load: 255, links };
    const body = encodeCbor(rawAnswer(most as unknown as Answer));
    expect(body.length).toBeLessThan(8 * 1024);
    const row = {
      name: 'ü'.repeat(127),
      id: 'f'.repeat(64),
      bytes: 2 ** 53 - 1,
      chunks: 9,
      have: 9,
    };
    const rows = { query: id, about: 'content', rows: Array.from({ length: 16 }, () => row) };
    const contents = encodeCbor(rawAnswer(rows as unknown as Answer));
    expect(contents.length).toBeLessThan(LIMITS.controlFrameBytes / 8);
  });

  it.each([
    ['five addresses', { hosts: Array.from({ length: 5 }, () => Buffer.from([10, 0, 0, 1])) }],
    ['a name for an address', { hosts: ['example.org'] }],
    ['more hops than there are', { hops: 65 }],
    ['answers in an hour', { withinMs: 3_600_000 }],
    ['an id that is short', { id: Buffer.alloc(15) }],
    ['something else', { about: 'secrets' }],
    ['a word that is no name', { about: 'content', word: 'x'.repeat(256) }],
    ['a port that is none', { port: 65_536 }],
  ])('a question with %s is refused', (_, wrong) => {
    const sound = {
      id: Buffer.alloc(16),
      about: 'topology',
      hops: 1,
      withinMs: 0,
      port: 1,
      hosts: [],
    };
    expect(queryOf(sent(sound))).toMatchObject({ hops: 1 });
    expect(() => queryOf(sent({ ...sound, ...wrong }))).toThrow();
  });

  it('an answer with more than its bounds, or half of what it needs, is refused', () => {
    const link = [Buffer.alloc(32), 1000, true, true];
    const sound = { query: Buffer.alloc(16), about: 'topology', name: '', load: 0, links: [link] };
    expect(answerOf(sent(sound))).toMatchObject({ links: [{ rttMs: 1 }] });
    const wrong = [
      { links: Array.from({ length: 129 }, () => link) },
      { links: [[Buffer.alloc(32), 1000, 1, true]] },
      { links: [[Buffer.alloc(31), 1000, true, true]] },
      { links: [[Buffer.alloc(32), -1, true, true]] },
      { load: 256 },
      { name: 'n'.repeat(65) },
      { about: 'content' },
      { about: 'content', rows: Array.from({ length: 17 }, () => ['', Buffer.alloc(32), 0, 0, 0]) },
      { about: 'content', rows: [['', Buffer.alloc(32), 0, 1, 2]] },
    ];
    for (const part of wrong) expect(() => answerOf(sent({ ...sound, ...part }))).toThrow();
  });
});
