/** Too much of what is allowed: words, fragments, rows and questions without end, from proven strangers. */
import { describe, expect, it, vi } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import { encodeMessage } from '#src/wire/message.js';
import { type Hand, helloOf, introduce, knock } from '#test/support/hostile-peer.js';
import { newIdentity, selfOf } from '#test/support/identities.js';
import { rounds } from '#test/support/rounds.js';
import { ATTACK_MS, startVictim, type Victim } from '#test/support/victim.js';

vi.setConfig({ testTimeout: ATTACK_MS });

const WORDS = rounds({ small: 100_000, full: 1_000_000 });
const FRAGMENTS = rounds({ small: 20_000, full: 1_000_000 });
const ROWS = 2 * LIMITS.catalogueRows;
const AT_ONCE = 1000;
const ID = 'ab'.repeat(32) as ContentId;

async function link({ ports }: Victim): Promise<Hand> {
  return introduce(ports.mesh, 'link', await newIdentity());
}

/** Pings, each of them answered. */
async function talk(hand: Hand): Promise<void> {
  for (let sent = 0; sent < WORDS; sent += AT_ONCE) {
    const words = Array.from({ length: AT_ONCE }, (_, at) =>
      encodeMessage({ type: 'ping' }, sent + at + 1),
    );
    hand.raw(Buffer.concat(words));
    await hand.drained();
  }
  const last = hand.until('bye').catch(() => undefined);
  hand.send({ type: 'bye' });
  await Promise.race([hand.closed, last]);
  const pongs = hand.heard.filter(({ message }) => message.type === 'pong');
  expect(pongs.at(-1)?.request).toBe(WORDS);
}

/** One page of a catalogue, every byte a packet of its own. */
async function crumble(hand: Hand): Promise<void> {
  const row = { name: 'crumbs', id: ID, bytes: 1, chunks: 1, have: 1 };
  const page = { type: 'offer', fresh: true, complete: true, changed: [row], removed: [] } as const;
  const bytes = encodeMessage(page);
  for (let at = 0; at < FRAGMENTS; at += 1) {
    hand.raw(bytes.subarray(at % bytes.length, (at % bytes.length) + 1));
    if (at % 100 === 0) await hand.drained();
  }
}

/** More rows than are kept of one peer. */
async function list(hand: Hand): Promise<void> {
  for (let from = 0; from < ROWS; from += 200) {
    const changed = Array.from({ length: 200 }, (_, at) => {
      const name = `row ${from + at}`;
      return { name, id: ID, bytes: 1, chunks: 1, have: 1 };
    });
    hand.send({ type: 'offer', fresh: from === 0, complete: true, changed, removed: [] });
    await hand.drained();
  }
}

/** Questions whose answers are never read: who asks is cut off once these are megabytes. */
async function ask(hand: Hand, id: ContentId): Promise<void> {
  hand.stopReading();
  const questions = Array.from({ length: AT_ONCE }, (_, at) =>
    encodeMessage({ type: 'get-root', id }, at + 1),
  );
  const over = hand.closed.then(() => true);
  const drained = () =>
    hand
      .drained()
      .then(() => new Promise(setImmediate))
      .then(() => false);
  do hand.raw(Buffer.concat(questions));
  while (!(await Promise.race([over, drained()])));
}

/** A hello that never ends, a byte at a time. */
async function dribble({ ports }: Victim): Promise<void> {
  const identity = await newIdentity();
  const hand = await knock(ports.mesh, identity);
  const hello = encodeMessage(helloOf('link', selfOf(identity)));
  let at = 0;
  const drip = setInterval(() => {
    hand.raw(hello.subarray(at, at + 1));
    at = Math.min(at + 1, hello.length - 2);
  }, 100);
  await hand.closed;
  clearInterval(drip);
  expect(hand.heard.filter(({ message }) => message.type !== 'refused')).toEqual([]);
}

/** Long after they hung up, on a slow machine too. */
const GONE_MS = 30_000;

describe('a peer that is told too much', () => {
  it('serves others and stays within its bounds: tiny messages, one-byte fragments, rows and questions without end (CVE-2026-46679, CVE-2026-48779, CVE-2026-12151)', async () => {
    const victim = await startVictim();
    await victim.outlives(async () => {
      const server = await introduce(victim.ports.transfer, 'transfer', await newIdentity());
      const [talker, crumbler, lister] = await Promise.all([
        link(victim),
        link(victim),
        link(victim),
      ]);
      const [own] = victim.program.heard.of('share-added');
      if (own === undefined) throw new Error('it shares nothing');
      await Promise.all([talk(talker), crumble(crumbler), list(lister), ask(server, own.id)]);
      if (rounds({ small: 0, full: 1 }) === 1) {
        // Refusals are short: it takes most of a minute until there are too many of them.
        await ask(await introduce(victim.ports.transfer, 'transfer', await newIdentity()), ID);
        // It has ten seconds.
        await dribble(victim);
      }
      await victim.program.heard.until('notice', { where: ({ code }) => code === 'limit' });
    });
    // Those who told them have hung up; that may be heard a little after the last of what they told.
    let asked = 0;
    await vi.waitFor(
      async () => {
        asked += 1;
        const ref = `rows-${asked}`;
        victim.program.send(`list row #${ref}`);
        const rows = await victim.program.heard.until('list', {
          where: (said) => said.ref === ref,
        });
        expect(rows.shares).toEqual([]);
      },
      { timeout: GONE_MS, interval: 100 },
    );
  });
});
