/**
 * Announcement datagrams, 132 bytes, big-endian:
 *
 *   0 magic `p2pd`   4 version   5 flag   6 four ports (u16 each)   14 instance (8)   22 raw key (32)
 *   54 sequence (u64 below 2^53)   62 load (u16)   64 component (u32)
 *   68 Ed25519 signature (64) over CONTEXT and bytes 0..67
 *
 * No host name, user or file name: whoever listens on the network learns a key and four ports.
 * Reading has two stages, since checking a signature (140 us) costs a hundred times the rest: `parseClaim`
 * first, then limits, then `prove`.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Announcement, Claim, Flag } from '#src/domain/discovery/announcement.js';
import { parseInstance } from '#src/domain/ids.js';
import type { Ports } from '#src/domain/ports.js';
import { peerIdOf, rawKeyOfSpki, spkiOfRawKey } from './peer-id.js';

export const ANNOUNCEMENT_BYTES = 132;

const MAGIC = Buffer.from('p2pd', 'latin1');
const VERSION = 1;
const FLAGS: readonly Flag[] = ['start', 'alive', 'stop'];
/** Signed in front, so that no signature made for another purpose is ever an announcement. */
const CONTEXT = Buffer.from('p2p announcement 1\0', 'latin1');

const AT = {
  version: 4,
  flag: 5,
  ports: 6,
  instance: 14,
  key: 22,
  sequence: 54,
  load: 62,
  component: 64,
} as const;
const SIGNATURE_AT = 68;

/** The key an announcer signs with, and its public half as it stands in every datagram. */
export type AnnouncerKey = { readonly secret: KeyObject; readonly raw: Uint8Array };

/** @param keyPem an Ed25519 private key; throws on any other. */
export function announcerKey(keyPem: string): AnnouncerKey {
  const secret = createPrivateKey(keyPem);
  const raw = rawKeyOfSpki(createPublicKey(secret).export({ format: 'der', type: 'spki' }));
  if (raw === undefined) throw new TypeError('announcements are signed with Ed25519 only');
  return { secret, raw };
}

/** @returns the signed datagram. */
export function encodeAnnouncement(fields: Omit<Claim, 'key'>, key: AnnouncerKey): Uint8Array {
  const bytes = Buffer.alloc(ANNOUNCEMENT_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt8(VERSION, AT.version);
  bytes.writeUInt8(FLAGS.indexOf(fields.flag), AT.flag);
  const { mesh, transfer, distributor, receiver } = fields.ports;
  [mesh, transfer, distributor, receiver].forEach((port, i) => {
    bytes.writeUInt16BE(port, AT.ports + 2 * i);
  });
  bytes.write(fields.instance, AT.instance, 'hex');
  bytes.set(key.raw, AT.key);
  bytes.writeBigUInt64BE(BigInt(fields.sequence), AT.sequence);
  bytes.writeUInt16BE(fields.load, AT.load);
  bytes.writeUInt32BE(fields.component, AT.component);
  bytes.set(sign(null, signedPart(bytes), key.secret), SIGNATURE_AT);
  return bytes;
}

/** The cheap stage. @returns what the datagram claims, or undefined if it is none of ours. */
export function parseClaim(datagram: Uint8Array): Claim | undefined {
  if (datagram.length !== ANNOUNCEMENT_BYTES) return undefined;
  const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  if (!MAGIC.equals(bytes.subarray(0, AT.version))) return undefined;
  if (bytes.readUInt8(AT.version) !== VERSION) return undefined;
  const flag = FLAGS[bytes.readUInt8(AT.flag)];
  const ports = parsePorts(bytes);
  const instance = parseInstance(bytes.toString('hex', AT.instance, AT.key));
  const sequence = Number(bytes.readBigUInt64BE(AT.sequence));
  if (flag === undefined || ports === undefined || instance === undefined) return undefined;
  if (!Number.isSafeInteger(sequence)) return undefined;
  const key = bytes.toString('hex', AT.key, AT.sequence);
  const load = bytes.readUInt16BE(AT.load);
  const component = bytes.readUInt32BE(AT.component);
  return { flag, ports, instance, key, sequence, load, component };
}

/** The dear stage. @returns the announcement, or undefined if its signature does not fit. */
export function prove(claim: Claim, datagram: Uint8Array): Announcement | undefined {
  const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const raw = Buffer.from(claim.key, 'hex');
  // As JWK, since parsing DER takes nearly as long as the check itself.
  const x = raw.toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const good = verify(null, signedPart(bytes), key, bytes.subarray(SIGNATURE_AT));
  return good ? { ...claim, peerId: peerIdOf(spkiOfRawKey(raw)) } : undefined;
}

function signedPart(bytes: Buffer): Buffer {
  return Buffer.concat([CONTEXT, bytes.subarray(0, SIGNATURE_AT)]);
}

/** Any port but 0: peers behind a forwarding router need not have four in a row. */
function parsePorts(bytes: Buffer): Ports | undefined {
  const [mesh = 0, transfer = 0, distributor = 0, receiver = 0] = [0, 1, 2, 3].map((i) =>
    bytes.readUInt16BE(AT.ports + 2 * i),
  );
  if (mesh === 0 || transfer === 0 || distributor === 0 || receiver === 0) return undefined;
  return { mesh, transfer, distributor, receiver };
}
