import { setImmediate } from 'node:timers/promises';
import { describe, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import type { Identity } from '#src/io/disk/identity.js';
import type { Role } from '#src/wire/hello.js';
import { encodeMessage } from '#src/wire/message.js';
import { type Hand, introduce, portOf } from '#test/support/hostile-peer.js';
import { newIdentity } from '#test/support/identities.js';
import { rounds } from '#test/support/rounds.js';
import { type End, type Flood, laySiege } from '#test/support/siege.js';

/** Sybils for one honest peer, with so many sessions each. */
const SYBILS = rounds({ small: 8, full: 40 });
const SESSIONS = 2;
/** As many chunks as may be asked for at once. */
const CHUNKS = 64;
/** In one session. What a peer was sent in a flood it works off afterwards, at a measured pace. */
const BREATHS = rounds({ small: 20, full: 2000 });
const ROWS_PER_PAGE = 200;
const PATIENCE_MS = 600_000;
/**
 * Whoever has proven who he is gets answers, and so many at once keep a thread busy for some turns: 0.1 s on two
 * cores. It must stay far below what counts as hanging, 3.5 s. Their rows are kept as long as they are linked.
 */
const BOUNDS = { mostDelayMs: 2000, mostBytes: 320 * MiB };

/** What one sybil says in one breath, over and over. */
type Attack = {
  readonly name: string;
  readonly role: Role;
  readonly isRead: boolean;
  readonly breath: (nth: number) => Uint8Array;
};

function attacks(id: ContentId): readonly Attack[] {
  const many = (count: number, one: (at: number) => Uint8Array) =>
    Buffer.concat(Array.from({ length: count }, (_, at) => one(at)));
  const chunk = (at: number) => encodeMessage({ type: 'get-chunk', id, index: at % CHUNKS }, at);
  return [
    {
      name: 'chunks that are asked for and never read',
      role: 'transfer',
      isRead: false,
      breath: () => many(CHUNKS, chunk),
    },
    {
      name: 'manifests that are asked for and never read',
      role: 'transfer',
      isRead: false,
      breath: () => many(200, (at) => encodeMessage({ type: 'get-root', id }, at)),
    },
    {
      name: 'chunks that are asked for and cancelled at once',
      role: 'transfer',
      isRead: true,
      breath: () =>
        many(200, (at) => Buffer.concat([chunk(at), encodeMessage({ type: 'cancel' }, at)])),
    },
    {
      name: 'pings',
      role: 'status',
      isRead: true,
      breath: () => many(2000, () => encodeMessage({ type: 'ping' })),
    },
    {
      name: 'a thousand rows again and again',
      role: 'link',
      isRead: true,
      breath: (nth) => many(5, (page) => encodeMessage(offerOf(nth, page))),
    },
  ];
}

function offerOf(nth: number, page: number) {
  const changed = Array.from({ length: ROWS_PER_PAGE }, (_, at) => {
    const row = (nth * 5 + page) * ROWS_PER_PAGE + at;
    const id = row.toString(16).padStart(64, 'e') as ContentId;
    return { name: `row ${row}`, id, bytes: 1000, chunks: 1, have: 1 };
  });
  return { type: 'offer', fresh: page === 0, complete: page === 4, changed, removed: [] } as const;
}

/** Comes again whenever it is thrown out. */
async function attack(
  port: number,
  identity: Identity,
  nth: number,
  { role, isRead, breath }: Attack,
  end: End,
): Promise<void> {
  const words = breath(nth);
  while (!end.isHere()) {
    const hand = await introduce(port, role, identity).catch(() => undefined);
    if (hand !== undefined) await sayAgainAndAgain(hand, words, isRead, end);
  }
}

async function sayAgainAndAgain(
  hand: Hand,
  words: Uint8Array,
  isRead: boolean,
  end: End,
): Promise<void> {
  if (!isRead) hand.stopReading();
  const line = { isGone: false };
  const gone = hand.closed.then(() => {
    line.isGone = true;
  });
  for (let said = 0; said < BREATHS && !line.isGone && !end.isHere(); said += 1) {
    hand.raw(words);
    await Promise.race([gone, hand.drained(), end.come]);
    // One that is just being cut off takes nothing and is not gone yet: it needs a turn for that.
    await setImmediate();
  }
  await Promise.race([gone, end.come]);
  hand.end();
}

describe('a peer flooded by many who have proven who they are', () => {
  it(
    'fetches and serves whatever they ask and do not take, and forgets them (GHSA-j7qp-mfxf-8xjw)',
    async () => {
      const sybils = await Promise.all(Array.from({ length: SYBILS }, newIdentity));
      const names = attacks('' as ContentId);
      const siege = await laySiege(names.length + 1, BOUNDS);
      const { victim } = siege;
      const [own] = victim.program.heard.of('share-added');
      if (own === undefined) throw new Error('it shares nothing');
      const all = (each: (identity: Identity, nth: number) => Promise<void>) =>
        Promise.all(
          sybils.flatMap((identity, nth) =>
            Array.from({ length: SESSIONS }, () => each(identity, nth)),
          ),
        );
      for (const one of attacks(own.id)) {
        const flood: Flood = async (end) =>
          void (await all((identity, nth) =>
            attack(portOf(victim.ports, one.role), identity, nth, one, end),
          ));
        await siege.endures(one.name, flood);
      }
      await siege.endures('links that come and go', async (end) => {
        await all(async (identity) => {
          while (!end.isHere()) {
            const hand = await introduce(victim.ports.mesh, 'link', identity).catch(
              () => undefined,
            );
            hand?.end();
            await hand?.closed;
          }
        });
      });
      await siege.recovers();
    },
    PATIENCE_MS,
  );
});
