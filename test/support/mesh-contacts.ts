/** Peers by number, for tests of one machine. */
import type { PeerId } from '#src/domain/ids.js';
import type { MessageId } from '#src/domain/mesh/broadcast-message.js';
import type { Contact } from '#src/domain/mesh/membership-message.js';

export function idOf(number: number): PeerId {
  return `peer-${String(number).padStart(6, '0')}` as PeerId;
}

export function contactOf(number: number): Contact {
  return { peerId: idOf(number), host: '10.0.0.1', port: number };
}

export function messageOf(number: number): MessageId {
  return `message-${number}` as MessageId;
}
