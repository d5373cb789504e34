/** Peers that are not there, announced nevertheless, and datagrams that are no announcements at all. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { portsFrom } from '#src/domain/ports.js';
import { newInstance } from '#src/io/disk/identity.js';
import { type AnnouncerKey, announcerKey, encodeAnnouncement } from '#src/wire/announcement.js';
import { HOST } from './places.js';

/** As long as a datagram can be. */
const MOST_BYTES = 65_507;

/** Sent before anybody looks whether they have left: more than a socket's buffer holds would be lost there. */
const AT_ONCE = 50;

/** @returns a sound announcement of somebody new who listens nowhere. */
export function inventedAnnouncement(): Buffer {
  // Nobody listens on port 1: whoever dials is refused at once.
  const standing = { load: 0, component: 0 };
  const fields = { flag: 'start', ports: portsFrom(1), sequence: 1, ...standing } as const;
  return Buffer.from(encodeAnnouncement({ ...fields, instance: newInstance() }, inventedKey()));
}

function inventedKey(): AnnouncerKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  return announcerKey(String(privateKey.export({ type: 'pkcs8', format: 'pem' })));
}

/** @returns the nth of every kind of garbage: every length, one byte of a sound one changed, somebody else's key. */
export function garbageDatagram(nth: number, sound: Buffer, other: Buffer): Buffer {
  if (nth % 3 === 0) return randomBytes((nth * 7919) % (MOST_BYTES + 1));
  const bytes = Buffer.from(sound);
  if (nth % 3 === 1) bytes[nth % bytes.length] = randomBytes(1).readUInt8();
  else other.copy(bytes, 22, 22, 54);
  return bytes;
}

/** Sends so many to a discovery port of this machine. */
export async function announceAll(
  port: number,
  count: number,
  datagram: (nth: number) => Buffer,
): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(0, HOST);
  await once(socket, 'listening');
  const send = (bytes: Buffer) =>
    new Promise<void>((resolve) => socket.send(bytes, port, HOST, () => resolve()));
  for (let sent = 0; sent < count; sent += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => send(datagram(sent + at))));
  }
  socket.close();
  await once(socket, 'close');
}
