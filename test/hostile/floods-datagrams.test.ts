import { describe, it } from 'vitest';
import { announceAll, garbageDatagram, inventedAnnouncement } from '#test/support/announcers.js';
import { rounds } from '#test/support/rounds.js';
import { laySiege } from '#test/support/siege.js';

const DATAGRAMS = rounds({ small: 3000, full: 100_000 });
const IDENTITIES = rounds({ small: 500, full: 10_000 });
const PATIENCE_MS = 180_000;

describe('a peer whose discovery port is flooded', () => {
  it(
    'with garbage, recordings and invented peers fetches and serves, and finds newcomers (CVE-2020-26164)',
    async () => {
      const siege = await laySiege(3);
      await siege.endures('nothing', () => Promise.resolve());
      const port = siege.network.discoveryPort;
      const invented = Array.from({ length: IDENTITIES }, inventedAnnouncement);
      const nth = (n: number) => invented[n % invented.length] ?? inventedAnnouncement();
      await siege.endures('garbage', () =>
        announceAll(port, DATAGRAMS, (n) => garbageDatagram(n, nth(n), nth(n + 1))),
      );
      await siege.endures('invented peers, each again and again', () =>
        announceAll(port, DATAGRAMS, nth),
      );
      await siege.recovers();
    },
    PATIENCE_MS,
  );
});
