/** What peers and trackers say to each other, as CBOR maps and back. Throws P2pError `protocol`. */
import { createHash } from 'node:crypto';
import { P2pError } from '#src/domain/errors.js';
import type { NetworkKey } from '#src/domain/network-key.js';
import {
  FIRST_BASE,
  FLAG_BYTES,
  LAST_BASE,
  MEMBERS_AT_START,
  type Member,
  type NetworkTag,
  type TrackerMessage,
  type TurnedDown,
} from '#src/domain/tracker/tracker-message.js';
import { unreachable } from '#src/domain/unreachable.js';
import { bytes, type Fields, list, uint } from './fields.js';
import { addressOf, rawAddress } from './ip-address.js';
import { peerIdOfRaw, rawPeerId } from './peer-id.js';

const PEER_ID_BYTES = 32;
const TAG_BYTES = 16;

/** In front of what is hashed, so that the tag is of no use for anything else. */
const TAG_CONTEXT = 'p2p tracker network 1\0';

/**
 * Two peers with the same tag have the same key; nothing else follows from it, as a key is 256 random bits.
 * @param key undefined for the network of those who have none.
 */
export function networkTag(key: NetworkKey | undefined): NetworkTag {
  if (key === undefined) return '' as NetworkTag;
  const hash = createHash('sha256').update(TAG_CONTEXT).update(Buffer.from(key, 'hex')).digest();
  return hash.toString('hex', 0, TAG_BYTES) as NetworkTag;
}

/** @returns a map to be encoded. */
export function trackerBody(message: TrackerMessage): object {
  switch (message.type) {
    case 'register':
      return { ...message, network: Buffer.from(message.network, 'hex') };
    case 'members':
      return { ...message, members: message.members.map(rawMember) };
    case 'alive':
    case 'ask-base':
    case 'base':
    case 'turned-down':
      return message;
    default:
      return unreachable(message);
  }
}

/** @param fields of the map; what is in it beyond what is asked for is ignored. */
export function trackerMessageOf(fields: Fields): TrackerMessage {
  const type = fields.text('type', 16);
  switch (type) {
    case 'register':
      return {
        type,
        flag: fields.text('flag', FLAG_BYTES),
        network: tagOf(fields.value('network')),
        port: baseOf(fields.value('port')),
      };
    case 'alive':
      return { type };
    case 'members':
      return { type, members: membersOf(fields) };
    case 'ask-base':
      return {
        type,
        flag: fields.text('flag', FLAG_BYTES),
        from: baseOf(fields.value('from')),
      };
    case 'base':
      return { type, port: baseOf(fields.value('port')) };
    case 'turned-down':
      return { type, reason: fields.parsed('reason', 16, asReason) };
    default:
      throw new P2pError('protocol', 'a message of a tracker of unknown kind');
  }
}

function rawMember({ peerId, host, port }: Member): readonly unknown[] {
  return [rawPeerId(peerId), rawAddress(host), port];
}

function membersOf(fields: Fields): readonly Member[] {
  const members = fields.list('members');
  if (members.length > MEMBERS_AT_START) throw new P2pError('protocol', 'too many members');
  return members.map(memberOf);
}

function memberOf(value: unknown): Member {
  const [id, host, port] = list(value, 'a member');
  const peerId = peerIdOfRaw(bytes(id, 'a peer id', PEER_ID_BYTES));
  return { peerId, host: addressOf(host), port: baseOf(port) };
}

function tagOf(value: unknown): NetworkTag {
  const isNone = value instanceof Uint8Array && value.length === 0;
  const raw = isNone ? value : bytes(value, 'a network tag', TAG_BYTES);
  return Buffer.from(raw).toString('hex') as NetworkTag;
}

function baseOf(value: unknown): number {
  const base = uint(value, 'a base port', LAST_BASE);
  if (base < FIRST_BASE) throw new P2pError('protocol', `a base port below ${FIRST_BASE}`);
  return base;
}

function asReason(word: string): TurnedDown | undefined {
  return word === 'flag' || word === 'full' ? word : undefined;
}
