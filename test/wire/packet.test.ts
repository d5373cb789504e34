import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from '#src/domain/datagram/packet.js';
import { BASE_BYTES } from '#src/domain/datagram/packet-size.js';
import { SendBuffer } from '#src/domain/datagram/send-buffer.js';
import { RangeSet } from '#src/domain/range-set.js';
import { readSyn, readSynAck, writeSyn, writeSynAck } from '#src/wire/handshake-packet.js';
import {
  newHeader,
  newSlot,
  PACKET,
  type PacketType,
  readHeader,
  sealPacket,
} from '#src/wire/packet.js';
import { PacketWriter, writeReset } from '#src/wire/packet-writer.js';
import { headerOf, viewOf } from '#test/support/packet-header.js';
import { randomFrom } from '#test/support/random.js';
import { rounds } from '#test/support/rounds.js';

const MOST_BYTES = 65_507;
const CONNECTION = 0x1234_5678_9abc;
const uint48 = fc.integer({ min: 0, max: 2 ** 48 - 1 });

const TERMS = { id: 77, credit: 262_144, datagramLimit: 1472, socketBytes: 1_000_000 };

function isSound(bytes: Uint8Array): boolean {
  return headerOf(bytes) !== undefined;
}

/** One sound packet of each type, and of each kind. */
function samples(): readonly (readonly [name: string, packet: Uint8Array])[] {
  const said: [string, Uint8Array][] = [];
  const slot = newSlot(MOST_BYTES);
  let name = '';
  const keep = (_: unknown, bytes: number) => said.push([name, slot.bytes.slice(0, bytes)]);
  const writer = new PacketWriter(CONNECTION, new Uint8Array(16).fill(9), () => slot, keep);
  const buffer = new SendBuffer();
  buffer.write(Uint8Array.from({ length: 100 }, (_, at) => at));
  const received = new RangeSet();
  for (const start of [0, 5, 9]) received.add(start, start + 2);
  name = 'DATA';
  writer.data(3, 0, 100, buffer);
  name = 'ACK';
  writer.acknowledgement(received, 500, 262_144);
  name = 'NAK';
  writer.damaged([1, 2, 3]);
  name = 'PING';
  writer.ping(4, 1400);
  name = 'question';
  writer.question(99, { host: '', port: 1 });
  name = 'FIN';
  writer.fin(5, 100);
  name = 'RESET';
  writer.reset(1);
  name = 'SYN';
  keep(slot, writeSyn(slot, 1, { ...TERMS, token: new Uint8Array(22).fill(3) }));
  name = 'SYN-ACK, come again';
  keep(slot, writeSynAck(slot, 77, 1, { type: 'come-again', token: new Uint8Array(22) }));
  name = 'SYN-ACK, accepted';
  const resetToken = new Uint8Array(16).fill(5);
  keep(slot, writeSynAck(slot, 77, 1, { type: 'accepted', ...TERMS, resetToken }));
  return said;
}

describe('a packet', () => {
  it('says what was written into it', () => {
    fc.assert(
      fc.property(
        uint48,
        uint48,
        fc.uint8Array({ maxLength: 2000 }),
        (connection, number, body) => {
          const slot = newSlot(HEADER_BYTES + body.length);
          slot.bytes.set(body, HEADER_BYTES);
          sealPacket(slot, PACKET.nak, connection, number, body.length);
          const header = newHeader();
          expect(readHeader(slot.bytes, slot.view, header)).toBe(true);
          expect(header).toEqual({ type: PACKET.nak, connection, number });
        },
      ),
    );
  });

  it.each(samples())(
    'is refused with any bit flipped that its checksum covers: %s',
    (name, packet) => {
      expect(isSound(packet)).toBe(true);
      // Of DATA the header alone: what follows has a checksum of its own, and is refused by number.
      const covered = name === 'DATA' ? HEADER_BYTES : packet.length;
      for (let bit = 0; bit < covered * 8; bit += 1) {
        const flipped = packet.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        if (isSound(flipped)) throw new Error(`bit ${bit} makes no difference`);
      }
    },
  );

  it.each(samples())('is refused at any other length from 0 to 65,507: %s', (_, packet) => {
    const random = randomFrom(1);
    const zeros = new Uint8Array(MOST_BYTES);
    const noise = Uint8Array.from({ length: MOST_BYTES }, () => Math.floor(random() * 256));
    for (const all of [zeros, noise]) {
      all.set(packet);
      for (let length = 0; length <= MOST_BYTES; length += 1) {
        if (isSound(all.subarray(0, length)) !== (length === packet.length))
          throw new Error(`sound at ${length} bytes`);
      }
    }
  });

  it('is none of ours where it is noise, of any length', () => {
    const random = randomFrom(2);
    const noise = Uint8Array.from({ length: 2 * MOST_BYTES }, () => Math.floor(random() * 256));
    for (let length = 0; length <= MOST_BYTES; length += 1) {
      if (isSound(noise.subarray(MOST_BYTES - length, MOST_BYTES))) throw new Error(`${length}`);
    }
  });
});

describe('SYN and SYN-ACK', () => {
  const terms = fc.record({
    id: fc.integer({ min: 1, max: 2 ** 48 - 1 }),
    credit: uint48,
    datagramLimit: fc.integer({ min: BASE_BYTES, max: 65_535 }),
    socketBytes: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  });
  const bytes = (maxLength: number, minLength = 0) => fc.uint8Array({ minLength, maxLength });

  it('say what was written into them', () => {
    const slot = newSlot(BASE_BYTES);
    fc.assert(
      fc.property(terms, bytes(64, 1), bytes(16, 16), uint48, (own, token, resetToken, number) => {
        const syn = { ...own, token };
        expect(writeSyn(slot, number, syn)).toBe(BASE_BYTES);
        expect(readSyn(slot.bytes, slot.view)).toEqual(syn);
        const accepted = { type: 'accepted', ...own, resetToken } as const;
        expect(writeSynAck(slot, own.id, number, accepted)).toBe(BASE_BYTES);
        expect(readSynAck(slot.bytes, slot.view)).toEqual(accepted);
        const again = { type: 'come-again', token } as const;
        const said = slot.bytes.slice(0, writeSynAck(slot, own.id, number, again));
        expect(readSynAck(said, viewOf(said))).toEqual(again);
      }),
    );
  });

  it('are read from nothing that is shorter or longer than they are, or has terms that cannot be', () => {
    const slot = newSlot(MOST_BYTES);
    writeSyn(slot, 0, { ...TERMS, token: new Uint8Array(0) });
    for (let length = HEADER_BYTES + 1; length <= MOST_BYTES; length += 1) {
      const cut = slot.bytes.subarray(0, length);
      if ((readSyn(cut, viewOf(cut)) !== undefined) !== (length === BASE_BYTES))
        throw new Error(`a SYN of ${length} bytes`);
    }
    for (const wrong of [
      { ...TERMS, id: 0 },
      { ...TERMS, datagramLimit: 1199 },
    ]) {
      writeSyn(slot, 0, { ...wrong, token: new Uint8Array(0) });
      const syn = slot.bytes.subarray(0, BASE_BYTES);
      expect(readSyn(syn, viewOf(syn))).toBeUndefined();
    }
    slot.view.setUint8(HEADER_BYTES + 18, 65);
    const long = slot.bytes.subarray(0, BASE_BYTES);
    expect(readSyn(long, viewOf(long))).toBeUndefined();
  });

  it('may be any bytes under a sound header: nothing is thrown', () => {
    const slot = newSlot(MOST_BYTES);
    const random = randomFrom(3);
    const types: readonly PacketType[] = [PACKET.syn, PACKET.synAck];
    const lengths = rounds({ small: 300, full: 20_000 });
    for (let round = 0; round < lengths; round += 1) {
      const length = round % 3 === 0 ? BASE_BYTES - HEADER_BYTES : Math.floor(random() * 1500);
      for (let at = 0; at < length; at += 1) {
        slot.bytes[HEADER_BYTES + at] = Math.floor(random() * 256);
      }
      for (const type of types) {
        const packet = slot.bytes.subarray(0, sealPacket(slot, type, 1, 1, length));
        const said = type === PACKET.syn ? readSyn : readSynAck;
        expect(() => said(packet, viewOf(packet))).not.toThrow();
      }
    }
  });
});

describe('an acknowledgement', () => {
  it('is never longer than 64 runs, and stops where a run is too long to be said', () => {
    const slot = newSlot(1200);
    let length = 0;
    const writer = new PacketWriter(
      1,
      new Uint8Array(16),
      () => slot,
      (_, bytes) => (length = bytes),
    );
    const received = new RangeSet();
    for (let start = 0; start < 1000; start += 2) received.add(start, start + 1);
    writer.acknowledgement(received, 2 ** 40, 2 ** 48 - 1);
    expect(length).toBe(HEADER_BYTES + 17 + 64 * 8);
    received.add(10_000, 10_000 + 2 ** 33);
    received.add(2 ** 34, 2 ** 34 + 1);
    writer.acknowledgement(received, 0, 0);
    expect(length).toBe(HEADER_BYTES + 17 + 2 * 8);
  });
});

describe('RESET', () => {
  it('is shorter than anything that is answered by it', () => {
    const slot = newSlot(100);
    expect(writeReset(slot, 1, 2, new Uint8Array(16))).toBe(37);
  });
});
