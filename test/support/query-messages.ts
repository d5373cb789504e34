/** Arbitrary questions and answers, as fast-check makes them. */
import * as fc from 'fast-check';
import type { ContentId } from '#src/domain/ids.js';
import type { Answer, Query, QueryId } from '#src/domain/query/query.js';
import { ipAddress, peerId } from './mesh-messages.js';

const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((raw) => Buffer.from(raw).toString('hex'));

const queryId = hex(16).map((text) => text as QueryId);

const word = fc.string({ unit: 'grapheme', maxLength: 30 });

export const query: fc.Arbitrary<Query> = fc.record({
  id: queryId,
  asked: fc.oneof(
    fc.constant({ about: 'topology' as const }),
    fc.record({ about: fc.constant('content' as const), word }),
  ),
  hops: fc.nat(64),
  withinMs: fc.nat(60_000),
  port: fc.nat(65_535),
  hosts: fc.array(ipAddress, { maxLength: 4 }),
});

const link = fc.record({
  peerId,
  rttMs: fc.option(fc.nat(60_000_000).map((us) => us / 1000)),
  dialled: fc.boolean(),
  neighbour: fc.boolean(),
});

const row = fc.record({ chunks: fc.nat(1000), name: word, bytes: fc.maxSafeNat(), id: hex(32) });

export const answer: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({
    query: queryId,
    about: fc.constant('topology' as const),
    name: fc.string({ maxLength: 16 }),
    load: fc.nat(255),
    links: fc.array(link, { maxLength: 128 }),
  }),
  fc.record({
    query: queryId,
    about: fc.constant('content' as const),
    rows: fc.array(
      row.map((one) => ({ ...one, id: one.id as ContentId, have: one.chunks })),
      { maxLength: 16 },
    ),
  }),
);
