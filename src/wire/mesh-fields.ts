/** What is in many messages of the mesh, in and out of CBOR. Throws P2pError `protocol`. */
import { P2pError } from '#src/domain/errors.js';
import { LAST_PORT } from '#src/domain/host-port.js';
import type { MessageId } from '#src/domain/mesh/broadcast-message.js';
import type { Contact } from '#src/domain/mesh/membership-message.js';
import { bytes, list, uint } from './fields.js';
import { addressOf, rawAddress } from './ip-address.js';
import { peerIdOfRaw, rawPeerId } from './peer-id.js';
import { MESSAGE_BYTES } from './signed-message.js';

export const PEER_ID_BYTES = 32;
const MESSAGE_ID_BYTES = 16;

export function rawContact({ peerId, host, port }: Contact): readonly unknown[] {
  return [rawPeerId(peerId), rawAddress(host), port];
}

export function contactOf(value: unknown): Contact {
  const [id, host, port] = list(value, 'a contact');
  const [peerId, address] = [peerIdOfRaw(bytes(id, 'a peer id', PEER_ID_BYTES)), addressOf(host)];
  const contact = { peerId, host: address, port: uint(port, 'a port', LAST_PORT) };
  if (contact.port === 0) throw new P2pError('protocol', 'a contact that cannot be dialled');
  return contact;
}

export function rawMessageId(id: MessageId): Uint8Array {
  return Buffer.from(id, 'hex');
}

export function messageIdOf(value: unknown): MessageId {
  const raw = bytes(value, 'a message id', MESSAGE_ID_BYTES);
  return Buffer.from(raw).toString('hex') as MessageId;
}

export function payloadOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array && value.length <= MESSAGE_BYTES) return value;
  throw new P2pError('protocol', `a payload is not ${MESSAGE_BYTES} bytes at most`);
}
