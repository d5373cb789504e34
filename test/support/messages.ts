/** Arbitrary messages of every type, as fast-check makes them. */
import * as fc from 'fast-check';
import type { ContentId, Instance } from '#src/domain/ids.js';
import { PRIORITIES } from '#src/domain/send/transfer.js';
import type { Role } from '#src/wire/hello.js';
import type { Message } from '#src/wire/message.js';
import type { Refusal } from '#src/wire/message-fields.js';
import { directMessage } from './direct-messages.js';
import { meshMessage } from './mesh-messages.js';
import { trackerMessage } from './tracker-messages.js';

type OfType<T extends Message['type']> = fc.Arbitrary<Extract<Message, { type: T }>>;

const bytesOf = (count: number) => fc.uint8Array({ minLength: count, maxLength: count });

const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((raw) => Buffer.from(raw).toString('hex'));
const id = hex(32).map((text) => text as ContentId);
const index = fc.nat(2 ** 22);
const name = fc.string({ unit: 'grapheme', maxLength: 20 });
const port = fc.integer({ min: 1, max: 65_535 });

const ranges = fc
  .array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 50 })), { maxLength: 50 })
  .map((steps) => {
    let free = 0;
    return steps.flatMap(([gap, count]) => {
      const first = free + gap;
      free = first + count;
      return [first, count];
    });
  });

const row = fc
  .record({
    name,
    id,
    bytes: fc.maxSafeNat(),
    chunks: index,
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ share, ...rest }) => ({ ...rest, have: Math.floor(rest.chunks * share) }));

const hello: OfType<'hello'> = fc.record({
  type: fc.constant('hello'),
  oldest: fc.nat(65_535),
  newest: fc.nat(65_535),
  features: fc.array(fc.string({ maxLength: 8 }), { maxLength: 32 }),
  role: fc.constantFrom<Role>('link', 'transfer', 'give', 'status'),
  name: fc.string({ maxLength: 20 }),
  ports: fc.record({ mesh: port, transfer: port, distributor: port, receiver: port }),
  instance: hex(8).map((text) => text as Instance),
});

const offer: OfType<'offer'> = fc.record({
  type: fc.constant('offer'),
  fresh: fc.boolean(),
  complete: fc.boolean(),
  changed: fc.array(row, { maxLength: 8 }),
  removed: fc.array(fc.record({ name, id }), { maxLength: 8 }),
});

const arbitraryOf: { readonly [T in Message['type']]: OfType<T> } = {
  hello,
  offer,
  ping: fc.constant({ type: 'ping' }),
  pong: fc.constant({ type: 'pong' }),
  bye: fc.constant({ type: 'bye' }),
  cancel: fc.constant({ type: 'cancel' }),
  'held-back': fc.constant({ type: 'held-back' }),
  prefer: fc.record({ type: fc.constant('prefer'), priority: fc.constantFrom(...PRIORITIES) }),
  refused: fc.record({
    type: fc.constant('refused'),
    reason: fc.constantFrom<Refusal>('unknown', 'absent', 'stale', 'full', 'busy', 'denied'),
  }),
  'get-root': fc.record({ type: fc.constant('get-root'), id }),
  'get-page': fc.record({ type: fc.constant('get-page'), id, page: index }),
  'get-segments': fc.record({ type: fc.constant('get-segments'), id, page: index }),
  segments: fc.record({ type: fc.constant('segments'), bytes: fc.uint8Array() }),
  root: fc.record({ type: fc.constant('root'), bytes: fc.uint8Array() }),
  page: fc.record({ type: fc.constant('page'), bytes: fc.uint8Array() }),
  'get-have': fc.oneof(
    fc.record({ type: fc.constant('get-have'), id }),
    fc.record({ type: fc.constant('get-have'), id, holds: ranges }),
  ),
  have: fc.oneof(
    fc.record({ type: fc.constant('have'), ranges }),
    fc.record({ type: fc.constant('have'), ranges, partly: fc.constant(true) }),
  ),
  hold: fc.record({ type: fc.constant('hold'), ranges }),
  hashes: fc.record({
    type: fc.constant('hashes'),
    first: index,
    hashes: fc.integer({ min: 1, max: 4 }).chain((count) => bytesOf(count * 32)),
    key: bytesOf(32),
    signature: bytesOf(64),
  }),
  'get-chunk': fc.record({ type: fc.constant('get-chunk'), id, index }),
  give: fc.record({ type: fc.constant('give'), id, name, ranges }),
  want: fc.record({ type: fc.constant('want'), ranges, holds: ranges, manifest: fc.boolean() }),
  'put-chunk': fc.record({ type: fc.constant('put-chunk'), index }),
  kept: fc.record({ type: fc.constant('kept'), index }),
  'offer-file': fc.record({ type: fc.constant('offer-file'), name, bytes: fc.maxSafeNat() }),
  'take-file': fc.constant({ type: 'take-file' }),
  'file-end': fc.record({
    type: fc.constant('file-end'),
    hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  }),
  mesh: fc.record({ type: fc.constant('mesh'), message: meshMessage }),
  direct: fc.record({ type: fc.constant('direct'), message: directMessage }),
  tracker: fc.record({ type: fc.constant('tracker'), message: trackerMessage }),
  'file-kept': fc.constant({ type: 'file-kept' }),
};

export const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  ...Object.values<fc.Arbitrary<Message>>(arbitraryOf),
);

/** One of each type, so that a rare one is not left to chance. */
export const oneOfEach: readonly (readonly [Message['type'], fc.Arbitrary<Message>])[] =
  Object.entries(arbitraryOf).map(([type, arbitrary]) => [type as Message['type'], arbitrary]);
