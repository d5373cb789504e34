import { randomBytes } from 'node:crypto';
import { describe, it } from 'vitest';
import { announcementSeal, SEALED_BYTES } from '#src/wire/sealed-announcement.js';
import { announceAll, inventedAnnouncement } from '#test/support/announcers.js';
import { newNetworkKey } from '#test/support/identities.js';
import { rounds } from '#test/support/rounds.js';
import { laySiege } from '#test/support/siege.js';

const DATAGRAMS = rounds({ small: 3000, full: 100_000 });
const IDENTITIES = rounds({ small: 200, full: 2000 });
const PATIENCE_MS = 180_000;

/** Of the right length, with the right beginning, and what only opening it tells to be nothing. */
function sealedGarbage(sound: Buffer): Buffer {
  return Buffer.concat([sound.subarray(0, 5), randomBytes(SEALED_BYTES - 5)]);
}

describe('a peer of a private network whose discovery port is flooded', () => {
  it(
    'with sealed garbage, recordings and invented members fetches, serves and finds newcomers',
    async () => {
      const key = newNetworkKey();
      const siege = await laySiege(4, { settings: { network: { key } } });
      await siege.endures('nothing, in a private network', () => Promise.resolve());
      const port = siege.network.discoveryPort;
      const seal = announcementSeal(key);
      const of = (made: typeof seal) =>
        Array.from({ length: IDENTITIES }, () => Buffer.from(made.seal(inventedAnnouncement())));
      const [members, foreign] = [of(seal), of(announcementSeal(newNetworkKey()))];
      const nth = (list: readonly Buffer[]) => (n: number) => list[n % list.length] ?? Buffer.of();
      await siege.endures('sealed garbage', () =>
        announceAll(port, DATAGRAMS, (n) => sealedGarbage(nth(members)(n))),
      );
      await siege.endures('announcements of another private network', () =>
        announceAll(port, DATAGRAMS, nth(foreign)),
      );
      await siege.endures('invented members, each again and again', () =>
        announceAll(port, DATAGRAMS, nth(members)),
      );
      await siege.recovers();
    },
    PATIENCE_MS,
  );
});
