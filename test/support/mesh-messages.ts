/** Arbitrary messages of the mesh, as fast-check makes them. */
import * as fc from 'fast-check';
import type { MessageId } from '#src/domain/mesh/broadcast-message.js';
import type { Priority } from '#src/domain/mesh/membership-message.js';
import type { Run } from '#src/domain/mesh/reception.js';
import { addressOf } from '#src/wire/ip-address.js';
import type { MeshMessage } from '#src/wire/mesh-message.js';
import { peerIdOfRaw } from '#src/wire/peer-id.js';

const raw = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

export const peerId = raw(32).map(peerIdOfRaw);
export const ipAddress = fc.oneof(raw(4), raw(16)).map(addressOf);
const contact = fc.record({
  peerId,
  host: ipAddress,
  port: fc.integer({ min: 1, max: 65_535 }),
});

export const messageId = raw(16).map((bytes) => Buffer.from(bytes).toString('hex') as MessageId);
const request = fc.maxSafeNat();
const hops = fc.nat(255);
const sample = fc.array(contact, { maxLength: 16 });
export const payload = fc.uint8Array({ maxLength: 300 });
const step = fc.integer({ min: 1, max: 1000 });

const runs = fc.array(fc.tuple(step, step), { maxLength: 64 }).map((steps) => {
  let end = 0;
  return steps.map(([gap, length]): Run => {
    const from = end + gap;
    end = from + length;
    return { from, to: end };
  });
});

const links = fc.record({ dialled: fc.nat(255), accepted: fc.nat(255) });

export const meshMessage: fc.Arbitrary<MeshMessage> = fc.oneof(
  fc.record({
    type: fc.constant('neighbour' as const),
    request,
    priority: fc.constantFrom<Priority>('join', 'high', 'low'),
    links,
  }),
  fc.record({
    type: fc.constant('neighbour-answer' as const),
    request,
    isAccepted: fc.boolean(),
  }),
  fc.record({ type: fc.constant('forward-join' as const), joiner: contact, ttl: hops }),
  fc.record({ type: fc.constant('disconnect' as const), isLeaving: fc.boolean() }),
  fc.record({
    type: fc.constant('shuffle' as const),
    request,
    origin: contact,
    ttl: hops,
    sample,
  }),
  fc.record({ type: fc.constant('shuffle-answer' as const), request, sample }),
  fc.record({ type: fc.constant('gossip' as const), id: messageId, round: hops, payload }),
  fc.record({
    type: fc.constant('have' as const),
    messages: fc.array(fc.record({ id: messageId, round: hops }), { maxLength: 20 }),
  }),
  fc.record({ type: fc.constant('want' as const), id: messageId }),
  fc.record({ type: fc.constant('graft' as const), id: messageId }),
  fc.record({ type: fc.constant('prune' as const) }),
  fc.record({ type: fc.constant('digest' as const), digest: fc.nat(2 ** 32 - 1) }),
  fc.record({
    type: fc.constant('summary' as const),
    rows: fc.array(fc.record({ author: peerId, epoch: fc.maxSafeNat(), runs }), { maxLength: 10 }),
    isAnswer: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('missed' as const),
    payloads: fc.array(payload, { maxLength: 10 }),
  }),
);
