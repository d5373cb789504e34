/** The first words of a connection over a network that loses, delays, reorders, doubles and damages them, byte for byte. */
import { describe, expect, it } from 'vitest';
import { Dialling } from '#src/domain/datagram/dialling.js';
import type { SynAck, Terms } from '#src/domain/datagram/packet.js';
import { readSyn, readSynAck, writeSyn, writeSynAck } from '#src/wire/handshake-packet.js';
import { newHeader, newSlot, PACKET, readHeader, type Slot } from '#src/wire/packet.js';
import { randomFrom } from '#test/support/random.js';
import { rounds } from '#test/support/rounds.js';

const SECOND = 1_000_000;
const SEEDS = rounds({ small: 2000, full: 20_000 });
const OWN: Terms = { id: 7, credit: 1, datagramLimit: 1472, socketBytes: 1 };
const TOKEN = Uint8Array.from({ length: 22 }, (_, at) => at);
const ACCEPTED: SynAck = { type: 'accepted', ...OWN, id: 9, resetToken: new Uint8Array(16) };

type Way = { readonly loss: number; readonly flipped: number; readonly doubled: number };

type Pending = { readonly at: number; readonly bytes: Uint8Array; readonly isSyn: boolean };

/** Dials once. @returns how it ended, when, and how often a connection was opened for it. */
function dial(seed: number, way: Way) {
  const random = randomFrom(seed);
  const dialling = new Dialling(0);
  const pending: Pending[] = [];
  let opened = 0;
  const send = (now: number, { bytes }: Slot, length: number, isSyn: boolean): void => {
    for (let copy = 0; copy < (random() < way.doubled ? 2 : 1); copy += 1) {
      if (random() < way.loss) continue;
      const sent = bytes.slice(0, length);
      const at = Math.floor(random() * length);
      if (random() < way.flipped) sent[at] = (sent[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      pending.push({ at: now + random() * 0.2 * SECOND, bytes: sent, isSyn });
    }
  };
  const listen = (now: number, bytes: Uint8Array, view: DataView, number: number): void => {
    const syn = readSyn(bytes, view);
    if (syn === undefined) return;
    const isProven = Buffer.from(syn.token).equals(TOKEN);
    // As often as it comes: whoever listens knows his caller by his address and number.
    if (isProven) opened = 1;
    const slot = newSlot(1200);
    const said: SynAck = isProven ? ACCEPTED : { type: 'come-again', token: TOKEN };
    const length = writeSynAck(slot, syn.id, number, said);
    expect(length, `seed ${seed}: more is said than was asked`).toBeLessThanOrEqual(bytes.length);
    send(now, slot, length, false);
  };
  let now = 0;
  while (dialling.outcome === undefined) {
    pending.sort((one, other) => one.at - other.at);
    const next = pending[0];
    now = Math.min(dialling.dueAt, next?.at ?? Number.POSITIVE_INFINITY);
    if (next !== undefined && next.at === now) {
      pending.shift();
      const { bytes } = next;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const header = newHeader();
      if (!readHeader(bytes, view, header)) continue;
      if (next.isSyn && header.type === PACKET.syn) listen(now, bytes, view, header.number);
      const said = header.type === PACKET.synAck ? readSynAck(bytes, view) : undefined;
      if (!next.isSyn && said !== undefined) dialling.answered(header.number, said, now);
      continue;
    }
    const word = dialling.tick(now);
    if (word === undefined) continue;
    const slot = newSlot(1200);
    send(now, slot, writeSyn(slot, word.number, { ...OWN, token: word.token }), true);
  }
  return { outcome: dialling.outcome, now, opened };
}

describe('a handshake', () => {
  it.each([
    { loss: 0, flipped: 0, doubled: 0, least: 1 },
    { loss: 0.2, flipped: 0.1, doubled: 0.3, least: 0.98 },
    { loss: 0.5, flipped: 0.2, doubled: 0.3, least: 0.5 },
  ])(
    'ends within ten seconds, accepted or not, with $loss lost, $flipped damaged and $doubled doubled',
    ({ least, ...way }) => {
      let accepted = 0;
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const { outcome, now, opened } = dial(seed, way);
        expect(now, `seed ${seed}`).toBeLessThanOrEqual(10 * SECOND);
        if (outcome.type === 'unanswered') continue;
        accepted += 1;
        expect(opened, `seed ${seed}: accepted by nobody`).toBe(1);
        expect(outcome.terms, `seed ${seed}: other terms`).toEqual(ACCEPTED);
      }
      expect(accepted / SEEDS).toBeGreaterThanOrEqual(least);
    },
  );
});
