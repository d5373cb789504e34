/** Peers that are not there, announced nevertheless: keys and datagrams by the thousand. */
import { generateKeyPairSync } from 'node:crypto';
import { newInstance } from '#src/io/identity.js';
import { portsFrom } from '#src/domain/ports.js';
import { type AnnouncerKey, announcerKey, encodeAnnouncement } from '#src/wire/announcement.js';
import type { Claim } from '#src/domain/announcement.js';

export function inventedKey(): AnnouncerKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  return announcerKey(String(privateKey.export({ type: 'pkcs8', format: 'pem' })));
}

/** @returns a sound announcement of somebody who listens nowhere. */
export function inventedAnnouncement(changes: Partial<Omit<Claim, 'key'>> = {}): Buffer {
  const fields = {
    flag: 'start',
    // Port 1: nobody listens there, so that a dial is refused at once.
    ports: portsFrom(1),
    instance: newInstance(),
    sequence: 1,
    load: 0,
    ...changes,
  } as const;
  return Buffer.from(encodeAnnouncement(fields, inventedKey()));
}
