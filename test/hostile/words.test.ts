/** Everything that can be said, said where it should not be: on every port, in every state, by a proven stranger. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import { KiB } from '#src/domain/limits.js';
import type { Identity } from '#src/io/disk/identity.js';
import { encodeFrame, FRAME, type FrameType } from '#src/wire/frame.js';
import type { Role } from '#src/wire/hello.js';
import { encodeMessage } from '#src/wire/message.js';
import { manifestOf, noise } from '#test/support/contents.js';
import {
  chunkFrame,
  type Hand,
  helloOf,
  introduce,
  knock,
  lyingFrame,
  portOf,
} from '#test/support/hostile-peer.js';
import { newIdentity, selfOf } from '#test/support/identities.js';
import { oneOfEach } from '#test/support/messages.js';
import { SEED } from '#test/support/mutations.js';
import { NUMBER_FIELDS } from '#test/support/number-fields.js';
import { NUMBERS, rawNumber } from '#test/support/raw-cbor.js';
import { rounds } from '#test/support/rounds.js';
import { ATTACK_MS, startVictim, type Victim } from '#test/support/victim.js';

vi.setConfig({ testTimeout: ATTACK_MS });

const ROLES: readonly Role[] = ['link', 'transfer', 'status', 'give'];
/** Every so many of the lying numbers is tried on a port here; all of them on the parsers, in numbers.test.ts. */
const STRIDE = rounds({ small: 23, full: 1 });

type Word = { readonly name: string; readonly bytes: Uint8Array };

const SOUND: readonly Word[] = oneOfEach.map(([name, arbitrary]) => {
  const [message] = fc.sample(arbitrary, { numRuns: 1, seed: SEED });
  if (message === undefined) throw new Error(`no ${name}`);
  return { name, bytes: encodeMessage(message, 5) };
});

const BROKEN: readonly Word[] = [
  ...[0, 7, 11, 28, 34, 255].map((type) => ({
    name: `a frame of type ${type}`,
    bytes: lyingFrame(type, 1, 0, new Uint8Array()),
  })),
  ...(Object.values(FRAME) as FrameType[]).map((type) => ({
    name: `a frame of type ${type} that is too long`,
    bytes: lyingFrame(type, 1, 2 ** 31, noise(100)),
  })),
  ...[FRAME.offer, FRAME.getRoot, FRAME.have, FRAME.give, FRAME.hello].map((type) => ({
    name: `a body of type ${type} that is no CBOR`,
    bytes: encodeFrame(type, 1, noise(50)),
  })),
  ...[0x9a, 0xba, 0x5a, 0x7a].map((head) => ({
    name: `a container ${head.toString(16)} with 2^32-1 items`,
    bytes: encodeFrame(FRAME.have, 1, Buffer.from([head, 255, 255, 255, 255])),
  })),
  {
    name: 'lists in lists in lists',
    bytes: encodeFrame(FRAME.have, 1, new Uint8Array(60 * KiB).fill(0x81)),
  },
];

const LYING: readonly Word[] = NUMBER_FIELDS.flatMap(({ of, type, body, least = 0, most }) =>
  NUMBERS.filter(({ exact }) => exact === undefined || exact < least || exact > most).map(
    ({ name, raw }) => ({
      name: `${of} ${name}`,
      bytes: encodeFrame(type, 1, body(rawNumber(raw))),
    }),
  ),
).filter((_, at) => at % STRIDE === 0);

/** @returns whether the victim still answers on this connection. */
async function isListening(hand: Hand): Promise<boolean> {
  const pong = hand.until('pong').then(
    () => true,
    () => false,
  );
  hand.send({ type: 'ping' }, 77);
  const answers = await Promise.race([pong, hand.closed.then(() => false)]);
  hand.end();
  return answers;
}

const identities = new Map<Role, Promise<Identity>>();

/** The same peer for each role, every time in a new instance. */
async function stranger({ ports }: Victim, role: Role): Promise<Hand> {
  const identity = identities.get(role) ?? newIdentity();
  identities.set(role, identity);
  return introduce(portOf(ports, role), role, await identity);
}

async function inEachRole(attack: (role: Role) => Promise<void>): Promise<void> {
  await Promise.all(ROLES.map(attack));
}

async function said(victim: Victim, role: Role, word: Word): Promise<boolean> {
  const hand = await stranger(victim, role);
  hand.raw(word.bytes);
  return isListening(hand);
}

describe('a peer among strangers who speak its protocol', () => {
  it('ends a connection in any role at what is malformed, and lives (CVE-2021-21404, CVE-2026-70462)', async () => {
    const victim = await startVictim();
    await victim.outlives(() =>
      inEachRole(async (role) => {
        for (const word of [...BROKEN, ...LYING]) {
          expect(await said(victim, role, word), `${word.name}, ${role}`).toBe(false);
        }
      }),
    );
  });

  it('takes or refuses every sound word in every role, request ids used again too, and lives (CVE-2024-10668)', async () => {
    const victim = await startVictim();
    const harmless = new Set(['ping', 'pong']);
    const ofLinks = new Set([...harmless, 'offer', 'mesh', 'direct']);
    await victim.outlives(() =>
      inEachRole(async (role) => {
        for (const word of SOUND) {
          const listens = await said(victim, role, word);
          if (harmless.has(word.name)) expect(listens, `${word.name}, ${role}`).toBe(true);
          // Elsewhere what a newer peer says is passed over or refused; a link has one language only.
          if (role === 'link' && !ofLinks.has(word.name)) {
            expect(listens, `${word.name}, ${role}`).toBe(false);
          }
        }
      }),
    );
    await asksAgainAndAgain(await stranger(victim, 'transfer'));
  });

  it('tells who has not said hello nothing but a refusal, whatever it says (CVE-2021-41868)', async () => {
    const victim = await startVictim();
    const identity = await newIdentity();
    await victim.outlives(() =>
      inEachRole(async (role) => {
        for (const word of [...SOUND.filter(({ name }) => name !== 'hello'), ...BROKEN]) {
          const hand = await knock(portOf(victim.ports, role), identity);
          hand.raw(word.bytes);
          // Chunk bytes and pings may be followed by a first word; these are not it.
          hand.send({ type: 'kept', index: 1 });
          await hand.closed;
          const types = new Set(hand.heard.map(({ message }) => message.type));
          types.delete('refused');
          types.delete('pong');
          expect([...types], `${word.name}, ${role}`).toEqual([]);
          expect(hand.received.chunkBytes).toBe(0);
        }
        // Nor who says hello for another port, or says only a part of it.
        const hello = encodeMessage(helloOf(role, selfOf(identity)));
        for (const other of ROLES.filter((one) => one !== role)) {
          const hand = await knock(portOf(victim.ports, other), identity);
          hand.raw(hello);
          await hand.closed;
          expect(hand.heard.filter(({ message }) => message.type !== 'refused')).toEqual([]);
        }
        for (let cut = 0; cut < hello.length; cut += 13) {
          const hand = await knock(portOf(victim.ports, role), identity);
          hand.raw(hello.subarray(0, cut));
          hand.end();
          await hand.closed;
          expect(hand.heard).toEqual([]);
        }
      }),
    );
  });
});

/** Under one request id, for what nobody has. */
async function asksAgainAndAgain(hand: Hand): Promise<void> {
  const id = 'ab'.repeat(32) as ContentId;
  for (let time = 0; time < 200; time += 1) {
    hand.send({ type: 'get-have', id }, 9);
    hand.send({ type: 'get-chunk', id, index: 4_194_304 }, 9);
    hand.send({ type: 'get-page', id, page: 4_194_304 }, 9);
    hand.send({ type: 'cancel' }, 9);
  }
  expect(await isListening(hand)).toBe(true);
  const answers = new Set(hand.heard.map(({ message }) => message.type));
  expect([...answers].toSorted()).toEqual(['hello', 'pong', 'refused']);
}

describe('a receiver', () => {
  it('writes nothing of a chunk that comes before it was wanted, or twice under one id (CVE-2024-38272, CVE-2024-10668)', async () => {
    const victim = await startVictim({ distribution: { enabled: true, intervalMs: 3_600_000 } });
    const { id } = manifestOf({ '': noise(100_000) });
    const chunk = chunkFrame(1, noise(100_000));
    const put = encodeMessage({ type: 'put-chunk', index: 0 }, 1);
    const give = encodeMessage({ type: 'give', id, name: 'x', ranges: [0, 1] }, 1);
    const root = encodeMessage({ type: 'root', bytes: noise(95) }, 1);
    const kept = encodeMessage({ type: 'kept', index: 0 }, 1);
    const want = encodeMessage({ type: 'want', ranges: [0, 1], holds: [], manifest: false }, 1);
    await victim.outlives(async () => {
      for (const words of [
        [put, chunk],
        [chunk],
        [give, put, chunk],
        [give, chunk],
        [give, give],
        [give, root, put, chunk],
        [root, put],
        [kept],
        [want],
        [give, kept, put, chunk],
      ]) {
        const hand = await stranger(victim, 'give');
        for (const word of words) hand.raw(word);
        expect(await isListening(hand)).toBe(false);
        expect(hand.heard.map(({ message }) => message.type)).not.toContain('kept');
      }
    });
    expect(victim.program.heard.of('chunk-received')).toEqual([]);
    const stored = readdirSync(join(victim.home.data, 'chunks'), {
      recursive: true,
      withFileTypes: true,
    });
    expect(stored.filter((entry) => entry.isFile())).toEqual([]);
  });
});
