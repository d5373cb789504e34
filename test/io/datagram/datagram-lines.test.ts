import type { Socket } from 'node:dgram';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HEADER_BYTES, RESET } from '#src/domain/datagram/packet.js';
import { KiB, MiB } from '#src/domain/limits.js';
import { DatagramLines } from '#src/io/datagram/datagram-lines.js';
import { DatagramPort } from '#src/io/datagram/datagram-port.js';
import { type Header, newSlot, PACKET, type PacketType } from '#src/wire/packet.js';
import { writeReset } from '#src/wire/packet-writer.js';
import { headerOf } from '#test/support/packet-header.js';

const OTHER = { host: '10.0.0.2', port: 5000 };
const TOKEN = new Uint8Array(16).fill(7);
const OPTIONS = {
  address: OTHER,
  datagramLimit: 1472,
  window: 100_000,
  credit: 1_000_000,
  socketBytes: 1_000_000,
  rttUs: 1000,
  budget: { left: 100_000 },
};

type Left = { readonly header: Header; readonly sent: () => void };

/** A port whose system takes nothing until it is told to. */
function scene() {
  const left: Left[] = [];
  const socket = {
    on: () => socket,
    once: () => socket,
    close: () => socket,
    send: (bytes: Uint8Array, _port: number, _host: string, sent: (error: null) => void) => {
      const header = headerOf(bytes);
      if (header === undefined) throw new Error('what left is no packet');
      left.push({ header, sent: () => sent(null) });
    },
  };
  const options = { host: '', port: 0, datagramBytes: 1472 };
  const port = new DatagramPort(socket as unknown as Socket, options);
  const gone: number[] = [];
  const lines = new DatagramLines(port, (id) => gone.push(id));
  port.hear(
    () => undefined,
    () => lines.goOn(),
  );
  onTestFinished(() => lines.destroy());
  return { left, port, gone, lines };
}

/** Opens one and writes more than may leave at once. @param remoteId tells its packets apart. */
function openBusy(lines: DatagramLines, remoteId: number) {
  const stream = lines.open(lines.newId(), remoteId, TOKEN, OPTIONS);
  stream.on('error', () => undefined);
  stream.write(new Uint8Array(20_000));
  return stream;
}

describe('the connections on one port', () => {
  it('have their turn one after the other, however many of them have much to send', async () => {
    const { left, port, lines } = scene();
    for (let remoteId = 1; remoteId <= 40; remoteId += 1) openBusy(lines, remoteId);
    const heard = new Set<number>();
    // Each sends four packets in its turn, and the port takes 64 at once.
    for (let turns = 0; turns < 3; turns += 1) {
      await turn();
      expect(left).toHaveLength(port.slots);
      for (const { header, sent } of left.splice(0)) {
        heard.add(header.connection);
        sent();
      }
    }
    expect(heard.size).toBe(40);
  });

  it('take on what there is room for, turn by turn, though nothing arrives', async () => {
    const { left, lines } = scene();
    const stream = lines.open(lines.newId(), 1, TOKEN, { ...OPTIONS, rttUs: 60_000_000 });
    stream.on('error', () => undefined);
    const piece = new Uint8Array(64 * KiB);
    let taken = 0;
    const writeOn = () => {
      do taken += piece.length;
      while (stream.write(piece));
    };
    stream.on('drain', writeOn);
    writeOn();
    for (let turns = 0; turns < 20; turns += 1) {
      await turn();
      for (const { sent } of left.splice(0)) sent();
    }
    expect(taken).toBe(MiB);
  });

  it('count what was dropped on purpose from where each of them began', async () => {
    const { port, lines } = scene();
    port.dropped = 7;
    const first = lines.open(lines.newId(), 1, TOKEN, OPTIONS);
    port.dropped = 9;
    const second = lines.open(lines.newId(), 2, TOKEN, OPTIONS);
    port.dropped = 12;
    await turn();
    expect(first.connection.traffic.dropped).toBe(5);
    expect(second.connection.traffic.dropped).toBe(3);
  });

  it('are forgotten once, though their streams are read or destroyed later, and their strays counted once', async () => {
    const { port, gone, lines } = scene();
    const id = lines.newId();
    const stream = lines.open(id, 1, TOKEN, OPTIONS);
    stream.on('error', () => undefined);
    const say = (type: PacketType, bytes: Uint8Array) => {
      const header = { type, connection: id, number: 0 };
      lines.take(header, bytes, new DataView(bytes.buffer), OTHER, 0);
    };
    // An acknowledgement of nothing.
    say(PACKET.ack, new Uint8Array(HEADER_BYTES));
    const slot = newSlot(100);
    const length = writeReset(slot, id, RESET.aborted, TOKEN);
    say(PACKET.reset, slot.bytes.slice(0, length));
    // It is destroyed by that, which wakes it again.
    for (let turns = 0; turns < 3; turns += 1) await turn();
    expect(stream.destroyed).toBe(true);
    expect(gone).toEqual([id]);
    expect(port.strays.ignored).toBe(1);
    expect(lines.size).toBe(0);
  });
});
