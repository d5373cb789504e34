/** Real sockets: strangers at the port where streams over datagrams are listened for, and men on the way. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { BASE_BYTES } from '#src/domain/datagram/packet-size.js';
import { newStrays, type Strays, strayCount } from '#src/domain/datagram/strays.js';
import { KiB, MiB } from '#src/domain/limits.js';
import { dialDatagrams } from '#src/io/datagram/datagram-dial.js';
import { DatagramPort } from '#src/io/datagram/datagram-port.js';
import { type DatagramServer, listenForDatagrams } from '#src/io/datagram/datagram-server.js';
import type { DatagramStream } from '#src/io/datagram/datagram-stream.js';
import { newSlot, PACKET, sealPacket } from '#src/wire/packet.js';
import { writeReset } from '#src/wire/packet-writer.js';
import { noise } from '#test/support/contents.js';
import { headerOf } from '#test/support/packet-header.js';
import { HOST } from '#test/support/places.js';
import { randomFrom } from '#test/support/random.js';
import { type Relay, rawCaller, relayTo, synPacket, TERMS } from '#test/support/raw-datagrams.js';
import { rounds } from '#test/support/rounds.js';

const MOST_BYTES = 65_507;
const TOKEN_BYTES = 22;
const LENGTHS = rounds({ small: 400, full: MOST_BYTES + 1 });
const FLOOD = rounds({ small: 2000, full: 50_000 });
const PATIENCE_MS = 600_000;

type Heard = {
  readonly server: DatagramServer;
  readonly streams: DatagramStream[];
  readonly strays: Strays;
};

async function listen(port = 0): Promise<Heard> {
  const streams: DatagramStream[] = [];
  const strays = newStrays();
  const onStream = (stream: DatagramStream) => {
    // What becomes of it is asked of it; nobody else is to fall over it.
    stream.on('error', () => undefined);
    streams.push(stream);
  };
  const server = await listenForDatagrams({
    host: HOST,
    port,
    secret: 'a secret',
    strays,
    onStream,
  });
  onTestFinished(() => server.close());
  return { server, streams, strays };
}

async function dial(port: number): Promise<DatagramStream> {
  const stream = await dialDatagrams(HOST, port);
  stream.on('error', () => undefined);
  onTestFinished(() => void stream.destroy());
  return stream;
}

function only(streams: readonly DatagramStream[]): DatagramStream {
  const [stream] = streams;
  if (stream === undefined) throw new Error('nobody called');
  return stream;
}

/** Sends `bytes` each way at once. @returns once both have arrived whole, and both ends know it. */
async function exchange(one: DatagramStream, other: DatagramStream, bytes: number): Promise<void> {
  const ways = [
    [one, other, noise(bytes, 1)],
    [other, one, noise(bytes, 2)],
  ] as const;
  await Promise.all(
    ways.map(async ([from, to, said]) => {
      from.end(said);
      const parts: Buffer[] = [];
      for await (const part of to.iterator({ destroyOnReturn: false })) parts.push(part as Buffer);
      expect(Buffer.concat(parts).equals(said)).toBe(true);
    }),
  );
}

async function completed(stream: DatagramStream): Promise<void> {
  await vi.waitFor(() => expect(stream.outcome).toEqual({ type: 'complete' }), { timeout: 10_000 });
}

/** Lets the clock of this process run ahead. @returns what sets it right again. */
function pass(ms: number): () => void {
  const real = performance.now.bind(performance);
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => real() + ms);
  return () => clock.mockRestore();
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a port for streams over datagrams', () => {
  it(
    'counts garbage of any length, under any header, and serves others meanwhile (CVE-2021-44847)',
    async () => {
      const { server, streams, strays } = await listen();
      const client = await dial(server.port);
      const stranger = await rawCaller(server.port);
      const busy = exchange(client, only(streams), 2 * MiB);
      const garbage = randomBytes(MOST_BYTES);
      const slot = newSlot(MOST_BYTES);
      const types = Object.values(PACKET);
      for (let nth = 0; nth < LENGTHS; nth += 1) {
        const length = Math.floor((nth * MOST_BYTES) / Math.max(1, LENGTHS - 1));
        await stranger.say(garbage.subarray(0, length));
        if (length < 20) continue;
        slot.bytes.set(garbage.subarray(20, length), 20);
        const type = types[nth % types.length] ?? PACKET.data;
        await stranger.say(slot.bytes.subarray(0, sealPacket(slot, type, nth, nth, length - 20)));
      }
      await busy;
      expect(stranger.bytesIn).toBeLessThan(stranger.bytesOut);
      // The system may drop some while there is much to do.
      expect(strays.strangers).toBeGreaterThan(LENGTHS / 2);
      expect(strays.unknown).toBeGreaterThan(LENGTHS / 2);
      expect(streams).toHaveLength(1);
    },
    PATIENCE_MS,
  );

  it('sends nobody more than he sent before he has shown where he is, and keeps nothing (BitTorrent DRDoS)', async () => {
    const { server, streams } = await listen();
    const stranger = await rawCaller(server.port);
    const other = await rawCaller(server.port);
    const stolen = await other.token();
    const slot = newSlot(BASE_BYTES);
    const said = [
      () => synPacket(new Uint8Array(0)),
      (nth: number) => synPacket(new Uint8Array(0), { ...TERMS, id: nth + 1 }, nth),
      () => synPacket(randomBytes(TOKEN_BYTES)),
      () => synPacket(stolen),
      (nth: number) => synPacket(randomBytes(nth % 65)),
      // For connections that are not: of every type and of every short length.
      (nth: number) => {
        const types = Object.values(PACKET).filter((type) => type !== PACKET.syn);
        const type = types[nth % types.length] ?? PACKET.data;
        return slot.bytes.subarray(0, sealPacket(slot, type, nth, nth, nth % 60));
      },
    ];
    for (let nth = 0; nth < 1200; nth += 1) {
      await stranger.say(said[nth % said.length]?.(nth) ?? Buffer.alloc(0));
      expect(stranger.bytesIn).toBeLessThanOrEqual(stranger.bytesOut);
    }
    expect(stranger.heard.length).toBeGreaterThan(500);
    expect(server.connections).toBe(0);
    expect(streams).toHaveLength(0);
  });

  it('takes a token from its own address, number and life, for ten seconds, and answers the same word the same', async () => {
    const { server, streams } = await listen();
    const { port } = server;
    const [one, other] = await Promise.all([rawCaller(port), rawCaller(port)]);
    const token = await one.token();
    const opens = async (caller: typeof one, syn: Uint8Array) => {
      const before = streams.length;
      const answer = await caller.ask(syn);
      return { opened: streams.length - before, bytes: answer.length };
    };
    const refused = { opened: 0, bytes: 43 };
    expect(await opens(other, synPacket(token))).toEqual(refused);
    expect(await opens(one, synPacket(token, { ...TERMS, id: 6 }))).toEqual(refused);
    const forged = Uint8Array.from(token);
    forged[5] = (forged[5] ?? 0) ^ 1;
    expect(await opens(one, synPacket(forged))).toEqual(refused);
    const setBack = pass(10_001);
    expect(await opens(one, synPacket(token))).toEqual(refused);
    setBack();
    expect(await opens(one, synPacket(token))).toEqual({ opened: 1, bytes: BASE_BYTES });
    for (let again = 1; again < 20; again += 1) {
      expect(await opens(one, synPacket(token, TERMS, again))).toEqual({
        opened: 0,
        bytes: BASE_BYTES,
      });
    }
    expect(server.connections).toBe(1);
    await server.vanish();
    const { streams: later } = await listen(port);
    // Its clock may say the same as the one before when the token was made.
    expect((await one.ask(synPacket(token))).length).toBe(43);
    expect(later).toHaveLength(0);
  });

  it(
    'forgets at once whoever is not let in, however many come with good tokens',
    async () => {
      const { server, streams } = await listen();
      const caller = await rawCaller(server.port);
      let most = 0;
      for (let nth = 1; nth <= FLOOD / 10; nth += 1) {
        const terms = { ...TERMS, id: nth };
        await caller.say(synPacket(await caller.token(terms), terms));
        for (const stream of streams.splice(0)) stream.destroy();
        most = Math.max(most, server.connections);
      }
      expect(most).toBeLessThan(10);
      await vi.waitFor(() => {
        for (const stream of streams.splice(0)) stream.destroy();
        expect(server.connections).toBe(0);
      });
    },
    PATIENCE_MS,
  );

  it('takes what seems to come from port 0 for forged: an answer there would throw', async () => {
    const socket = createSocket('udp4');
    onTestFinished(() => void socket.close());
    const port = new DatagramPort(socket, { host: HOST, port: 0, datagramBytes: BASE_BYTES });
    const heard: number[] = [];
    port.hear(
      (_header, _bytes, _view, from) => heard.push(from.port),
      () => undefined,
    );
    for (const from of [0, 1]) {
      socket.emit('message', Buffer.from(synPacket(new Uint8Array(0))), {
        address: HOST,
        port: from,
      });
    }
    expect(heard).toEqual([1]);
    expect(port.strays.strangers).toBe(1);
  });

  it('is no oracle for tokens of connections that are', async () => {
    const { server, streams } = await listen();
    const relay = await relayTo(server.port);
    const client = await dial(relay.port);
    const ids = relay.of(PACKET.synAck, false).length;
    expect(ids).toBeGreaterThan(0);
    client.write('hello');
    await once(only(streams), 'readable');
    const id = headerOf(relay.of(PACKET.data, true)[0] ?? Buffer.alloc(0))?.connection ?? 0;
    const stranger = await rawCaller(server.port);
    const slot = newSlot(100);
    for (const type of [PACKET.data, PACKET.ack, PACKET.nak, PACKET.ping, PACKET.fin]) {
      await stranger.say(slot.bytes.subarray(0, sealPacket(slot, type, id, 0, 60)));
    }
    const resets = stranger.heard.filter((datagram) => headerOf(datagram)?.type === PACKET.reset);
    expect(resets).toHaveLength(0);
  });
});

describe('a man on the way between both ends', () => {
  async function around(): Promise<readonly [DatagramStream, DatagramStream, Relay, Heard]> {
    const heard = await listen();
    const relay = await relayTo(heard.server.port);
    const client = await dial(relay.port);
    return [client, only(heard.streams), relay, heard];
  }

  it('ends nothing by resets whose token he does not know', async () => {
    const [client, server, relay] = await around();
    const busy = exchange(client, server, 1 * MiB);
    const random = randomFrom(1);
    let forged = 0;
    relay.pass = ({ there, datagram }, carry) => {
      carry(datagram);
      const { connection = 0 } = headerOf(datagram) ?? {};
      const slot = newSlot(100);
      for (const code of [1, 2, 3, 4]) {
        const token = Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256));
        const reset = slot.bytes.slice(0, writeReset(slot, connection, code as 1, token));
        if (there) relay.there(reset);
        else relay.back(reset);
        forged += 1;
      }
    };
    await busy;
    expect(forged).toBeGreaterThan(100);
    await completed(client);
    expect(client.connection.traffic.ignored).toBeGreaterThan(0);
    expect(server.connection.traffic.ignored).toBeGreaterThan(0);
  });

  it('moves nothing by what he repeats, at once, late, or from elsewhere', async () => {
    const [client, server, relay, { server: door, streams }] = await around();
    const elsewhere = await rawCaller(door.port);
    const random = randomFrom(2);
    relay.pass = ({ there, datagram }, carry) => {
      carry(datagram);
      const old = relay.carried[Math.floor(random() * relay.carried.length)];
      if (old === undefined) return;
      if (old.there) relay.there(old.datagram);
      else relay.back(old.datagram);
      if (there) void elsewhere.say(datagram);
    };
    await exchange(client, server, 1 * MiB);
    await completed(client);
    expect(server.connection.traffic.duplicates).toBeGreaterThan(0);
    expect(streams).toHaveLength(1);
    // All that came from elsewhere was once said: it is answered with no more than questions.
    expect(elsewhere.bytesIn).toBeLessThan(elsewhere.bytesOut / 10);
  });

  it('slows down and reorders, and the rest is as it was', async () => {
    const [client, server, relay] = await around();
    const random = randomFrom(3);
    relay.pass = ({ datagram }, carry) => {
      if (random() < 0.3) setTimeout(() => carry(datagram), random() * 20);
      else carry(datagram);
    };
    await exchange(client, server, 1 * MiB);
    await completed(client);
  });

  it('changes where one end seems to be, again and again: the other follows, and nothing is missing', async () => {
    const [client, server, relay] = await around();
    let written = 0;
    let read = 0;
    server.on('data', (part: Buffer) => {
      read += part.length;
    });
    for (let time = 0; time < 3; time += 1) {
      const before = server.remotePort;
      await relay.move();
      await vi.waitFor(
        () => {
          client.write('.');
          written += 1;
          expect(server.remotePort).not.toBe(before);
        },
        { timeout: 20_000, interval: 20 },
      );
    }
    client.end();
    server.end();
    client.resume();
    await completed(client);
    expect(read).toBe(written);
  });

  it('who repeats the first words opens nothing that he could use, and for ten seconds only', async () => {
    const [client, server, relay, { server: door, streams }] = await around();
    await exchange(client, server, 10 * KiB);
    const syn = relay.of(PACKET.syn, true).at(-1);
    if (syn === undefined) throw new Error('no SYN was carried');
    client.destroy();
    server.destroy();
    await vi.waitFor(() => expect(door.connections).toBe(0), { timeout: 10_000 });
    const before = relay.carried.length;
    for (let again = 0; again < 10; again += 1) relay.there(syn);
    await vi.waitFor(() => expect(relay.carried.length).toBeGreaterThanOrEqual(before + 10));
    // One, however often: as soon as it is let go, or its token has grown old, there is none.
    expect(streams.length).toBeLessThanOrEqual(2);
    const sent = relay.carried
      .slice(before)
      .reduce((sum, { datagram }) => sum + datagram.length, 0);
    expect(sent).toBeLessThanOrEqual(10 * BASE_BYTES);
    pass(10_001);
    for (const stream of streams) stream.destroy();
    await vi.waitFor(() => expect(door.connections).toBe(0));
    relay.there(syn);
    await vi.waitFor(() => expect(relay.carried.at(-1)?.datagram.length).toBe(43));
    expect(streams.length).toBeLessThanOrEqual(2);
  });
});

describe('a reader who does not read what comes byte by byte', () => {
  it('keeps it in few pieces', async () => {
    const { server, streams, strays } = await listen();
    const client = await dial(server.port);
    const count = 3000;
    for (let byte = 0; byte < count; byte += 1) {
      client.write(Buffer.of(byte & 0xff));
      if (byte % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    const taker = only(streams);
    await vi.waitFor(() => expect(taker.connection.traffic.bytesIn).toBeGreaterThanOrEqual(count));
    expect(taker.connection.traffic.packetsIn).toBeGreaterThan(count / 20);
    let pieces = 0;
    let bytes = 0;
    taker.on('data', (part: Buffer) => {
      pieces += 1;
      bytes += part.length;
    });
    await vi.waitFor(() => expect(bytes).toBe(count));
    expect(pieces).toBeLessThan(10);
    expect(strayCount(strays)).toBe(0);
  });
});
