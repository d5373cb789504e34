/** Arbitrary messages between peers and trackers, as fast-check makes them. */
import * as fc from 'fast-check';
import {
  FIRST_BASE,
  LAST_BASE,
  MEMBERS_AT_START,
  type NetworkTag,
  type TrackerMessage,
  type TurnedDown,
} from '#src/domain/tracker/tracker-message.js';
import { ipAddress, peerId } from './mesh-messages.js';

const base = fc.integer({ min: FIRST_BASE, max: LAST_BASE });
const flag = fc.string({ maxLength: 30 });
const tag = fc
  .oneof(fc.constant(new Uint8Array()), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map((raw) => Buffer.from(raw).toString('hex') as NetworkTag);
const member = fc.record({ peerId, host: ipAddress, port: base });

export const trackerMessage: fc.Arbitrary<TrackerMessage> = fc.oneof(
  fc.record({ type: fc.constant('register' as const), flag, network: tag, port: base }),
  fc.record({ type: fc.constant('alive' as const) }),
  fc.record({
    type: fc.constant('members' as const),
    members: fc.array(member, { maxLength: MEMBERS_AT_START }),
  }),
  fc.record({ type: fc.constant('ask-base' as const), flag, from: base }),
  fc.record({ type: fc.constant('base' as const), port: base }),
  fc.record({
    type: fc.constant('turned-down' as const),
    reason: fc.constantFrom<TurnedDown>('flag', 'full'),
  }),
);
