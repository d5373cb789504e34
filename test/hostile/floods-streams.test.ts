import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import type { Identity } from '#src/io/disk/identity.js';
import { dialDatagramChannel } from '#src/io/net/channel.js';
import { newSlot, PACKET, sealPacket } from '#src/wire/packet.js';
import { introduce } from '#test/support/hostile-peer.js';
import { newIdentity, selfOf } from '#test/support/identities.js';
import { type RawCaller, rawCaller, synPacket, TERMS } from '#test/support/raw-datagrams.js';
import { rounds } from '#test/support/rounds.js';
import { type End, type Flood, laySiege } from '#test/support/siege.js';

const DATAGRAMS = rounds({ small: 3000, full: 100_000 });
/** First words with a good token cost a connection each, until it is turned away. */
const WORDS = rounds({ small: 300, full: 10_000 });
const MOST_BYTES = 65_507;
const SYBILS = rounds({ small: 3, full: 10 });
/** As many as one peer may have in a role. */
const SESSIONS = 8;
/** As many chunks as may be asked for at once. */
const CHUNKS = 64;
const PATIENCE_MS = 600_000;
/** What is sent to whoever does not read is bounded for all of them together: 64 MiB (`datagram-lines.ts`). */
const BOUNDS = {
  mostDelayMs: 2000,
  mostBytes: 320 * MiB,
  settings: { distribution: { enabled: false }, transfer: { transport: 'udp' } },
} as const;

async function flood(
  caller: RawCaller,
  count: number,
  datagram: (nth: number) => Uint8Array,
): Promise<void> {
  for (let nth = 0; nth < count; nth += 1) await caller.say(datagram(nth));
}

/** Asks for chunks as long as the siege lasts, and reads none. */
async function askAndNeverRead(
  port: number,
  identity: Identity,
  id: ContentId,
  end: End,
): Promise<void> {
  const self = selfOf(identity, 'hostile');
  const dial = () => introduce(port, 'transfer', identity, self, dialDatagramChannel);
  while (!end.isHere()) {
    const hand = await dial().catch(() => undefined);
    if (hand === undefined) continue;
    hand.stopReading();
    for (let index = 0; index < CHUNKS; index += 1) {
      hand.send({ type: 'get-chunk', id, index }, index);
    }
    await Promise.race([hand.closed, end.come]);
    hand.end();
  }
}

describe('a peer whose port for streams over datagrams is flooded', () => {
  it(
    'fetches and serves over it whatever comes, and forgets it (CVE-2021-44847, GHSA-j7qp-mfxf-8xjw)',
    async () => {
      const siege = await laySiege(6, BOUNDS);
      const { victim } = siege;
      const port = victim.ports.transfer;
      const [own] = victim.program.heard.of('share-added');
      if (own === undefined) throw new Error('it shares nothing');
      const caller = await rawCaller(port);
      const garbage = randomBytes(2 * MOST_BYTES);
      const slot = newSlot(1500);
      const sybils = await Promise.all(Array.from({ length: SYBILS }, newIdentity));
      const floods: readonly (readonly [string, Flood])[] = [
        ['nothing', () => Promise.resolve()],
        [
          'garbage',
          () =>
            flood(caller, DATAGRAMS, (nth) =>
              garbage.subarray(nth % MOST_BYTES, (nth % MOST_BYTES) + ((nth * 7919) % MOST_BYTES)),
            ),
        ],
        [
          'packets for connections that are not',
          () =>
            flood(caller, DATAGRAMS, (nth) =>
              slot.bytes.subarray(0, sealPacket(slot, PACKET.data, nth + 1, nth, nth % 1400)),
            ),
        ],
        [
          'first words without a token',
          () =>
            flood(caller, DATAGRAMS, (nth) =>
              synPacket(new Uint8Array(0), { ...TERMS, id: nth + 1 }),
            ),
        ],
        [
          'first words with good tokens, and nothing behind them',
          async () => {
            for (let nth = 1; nth <= WORDS; nth += 1) {
              const terms = { ...TERMS, id: 2 ** 40 + nth };
              await caller.say(synPacket(await caller.token(terms), terms));
            }
          },
        ],
        [
          'chunks that are asked for and never read',
          async (end) => {
            const all = sybils.flatMap((identity) =>
              Array.from({ length: SESSIONS }, () => askAndNeverRead(port, identity, own.id, end)),
            );
            await Promise.all(all);
          },
        ],
      ];
      for (const [name, one] of floods) {
        caller.heard.length = 0;
        await siege.endures(name, one);
      }
      victim.program.send('status #strays');
      const { strays } = await victim.program.heard.until('status', {
        where: ({ ref }) => ref === 'strays',
      });
      expect(strays.strangers).toBeGreaterThan(DATAGRAMS / 10);
      expect(strays.unknown).toBeGreaterThan(DATAGRAMS / 10);
      await siege.recovers();
    },
    PATIENCE_MS,
  );
});
