/**
 * A peer that speaks the protocol as far as it likes: a proven identity and a real hello where it says one, then
 * whatever bytes a test chooses, as the one who dials and as the one who is dialled.
 */
import { createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Self } from '#src/domain/peers/self.js';
import { type Ports, portsFrom } from '#src/domain/ports.js';
import type { Identity } from '#src/io/disk/identity.js';
import {
  type Channel,
  dialChannel,
  dialDatagramChannel,
  serverChannel,
} from '#src/io/net/channel.js';
import { FRAME, FrameReader, type FrameType } from '#src/wire/frame.js';
import { type Role, VERSIONS } from '#src/wire/hello.js';
import { decodeMessage, encodeMessage, type Message } from '#src/wire/message.js';
import { newIdentity, selfOf } from './identities.js';
import { freePeerBase, HOST } from './places.js';

const PATIENCE_MS = 20_000;

export type Answer = { readonly message: Message; readonly request: number };

export type Hand = {
  /** What the other said, chunk bytes aside. */
  readonly heard: readonly Answer[];
  /** Hands over what was said already, and all that is said from now on. */
  onEach(each: (said: Answer) => void): void;
  /** Plain bytes that came through the channel, and how many of them were of chunks. */
  readonly received: { readonly bytes: number; readonly chunkBytes: number };
  send(message: Message, request?: number): void;
  raw(bytes: Uint8Array): void;
  /** Resolves when the other has taken what was written. */
  drained(): Promise<void>;
  /** The first answer of this type, said already or still to come. */
  until<T extends Message['type']>(type: T): Promise<Extract<Message, { type: T }>>;
  /** Resolves once the connection is gone. */
  readonly closed: Promise<void>;
  stopReading(): void;
  end(): void;
};

const open = new Set<Hand>();

/** Ends every connection that is open still: whoever is attacked finds them dead only after half a minute. */
export function hangUp(): void {
  for (const hand of open) hand.end();
}

/** Dials a port, over TCP unless told, and says nothing yet. */
export async function knock(port: number, identity: Identity, dial = dialChannel): Promise<Hand> {
  const { credentials } = identity;
  return handOf(await dial({ host: HOST, port, credentials }));
}

/** As `introduce` in the role `file`, over datagrams: to whoever takes files by themselves. */
export async function offerer(port: number, identity: Identity): Promise<Hand> {
  const { credentials } = identity;
  const hand = handOf(await dialDatagramChannel({ host: HOST, port, credentials }));
  hand.send(helloOf('file', selfOf(identity, 'hostile')));
  await hand.until('hello');
  return hand;
}

/** Dials a port, says hello and waits for the answer. */
export async function introduce(
  port: number,
  role: Role,
  identity: Identity,
  self: Self = selfOf(identity, 'hostile'),
  dial = dialChannel,
): Promise<Hand> {
  const hand = await knock(port, identity, dial);
  hand.send(helloOf(role, self));
  await hand.until('hello');
  return hand;
}

export function helloOf(role: Role, { name, ports, instance }: Self): Message {
  return { type: 'hello', ...VERSIONS, features: [], role, name, ports, instance };
}

type Script = {
  /** What it does with what it is asked, the dialler's hello aside. */
  readonly answer?: (hand: Hand, said: Answer) => void;
  /** In place of its own hello. */
  readonly greet?: (hand: Hand, role: Role) => void;
};

export type HostilePeer = {
  readonly identity: Identity;
  readonly self: Self;
  readonly base: number;
  /** Everybody who has dialled it. */
  readonly guests: readonly Hand[];
};

/** Listens on four ports of its own. */
export async function startHostilePeer(script: Script = {}, host = HOST): Promise<HostilePeer> {
  const identity = await newIdentity();
  const base = await freePeerBase();
  const self = selfOf(identity, 'hostile', base);
  const guests: Hand[] = [];
  for (const port of Object.values(portsFrom(base))) {
    await listen(host, port, async (socket) => {
      const hand = handOf(await serverChannel(socket, identity.credentials));
      guests.push(hand);
      const { role } = await hand.until('hello');
      if (script.greet === undefined) hand.send(helloOf(role, self));
      else script.greet(hand, role);
      hand.onEach((said) => {
        if (said.message.type !== 'hello') script.answer?.(hand, said);
      });
    });
  }
  return { identity, self, base, guests };
}

/** Listens until the test is over; a guest that leaves early is no failure of the test. */
export async function listen(
  host: string,
  port: number,
  receive: (socket: Socket) => Promise<void> | void,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    void Promise.resolve(receive(socket)).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
}

/** The port of a role; a peer has none for files by themselves and for trackers, and is to refuse them. */
export function portOf(ports: Ports, role: Role): number {
  const { mesh, transfer, distributor, receiver } = ports;
  const both = { file: transfer, tracker: mesh, answer: mesh };
  return { link: mesh, transfer, status: distributor, give: receiver, ...both }[role];
}

function handOf({ socket, read }: Channel): Hand {
  const heard: Answer[] = [];
  const listeners = new Set<(said: Answer) => void>();
  const received = { bytes: 0, chunkBytes: 0 };
  const reader = new FrameReader({
    frame(type: FrameType, request, body) {
      const said = { message: decodeMessage(type, body), request };
      heard.push(said);
      for (const listener of listeners) listener(said);
    },
    chunkBytes: (_request, bytes) => {
      received.chunkBytes += bytes.length;
    },
  });
  const closed = new Promise<void>((resolve) => {
    if (socket.destroyed) resolve();
    socket.once('close', () => resolve());
  });
  socket.on('error', () => undefined);
  read((bytes) => {
    received.bytes += bytes.length;
    reader.push(bytes);
  });
  socket.resume();
  onTestFinished(() => void socket.destroy());
  const raw = (bytes: Uint8Array) => void (socket.writable && socket.write(bytes));
  const hand = {
    heard,
    received,
    closed,
    raw,
    send: (message: Message, request?: number) => raw(encodeMessage(message, request)),
    async drained() {
      if (!socket.writableNeedDrain) return;
      const drain = new Promise<void>((resolve) => void socket.once('drain', () => resolve()));
      await Promise.race([drain, closed]);
    },
    until: <T extends Message['type']>(type: T) =>
      new Promise<Extract<Message, { type: T }>>((resolve, reject) => {
        const stop = () => {
          clearTimeout(late);
          listeners.delete(hear);
        };
        const late = setTimeout(() => {
          stop();
          reject(new Error(`no ${type} came`));
        }, PATIENCE_MS);
        const hear = ({ message }: Answer) => {
          if (message.type !== type) return;
          stop();
          resolve(message as never);
        };
        void closed.then(() => {
          stop();
          reject(new Error(`it ended before it said ${type}`));
        });
        listeners.add(hear);
        for (const said of heard) hear(said);
      }),
    stopReading: () => void socket.pause(),
    end: () => void socket.destroy(),
    onEach(each: (said: Answer) => void) {
      for (const said of heard) each(said);
      listeners.add(each);
    },
  } satisfies Hand;
  open.add(hand);
  void closed.then(() => open.delete(hand));
  return hand;
}

/** A frame whose header says what it likes. */
export function lyingFrame(
  type: number,
  request: number,
  length: number,
  body: Uint8Array,
): Uint8Array {
  const header = Buffer.alloc(9);
  header.writeUInt32BE(length, 0);
  header.writeUInt8(type, 4);
  header.writeUInt32BE(request, 5);
  return Buffer.concat([header, body]);
}

/** Bytes of a chunk, as many as it likes. */
export function chunkFrame(request: number, bytes: Uint8Array): Uint8Array {
  return lyingFrame(FRAME.chunkBytes, request, bytes.length, bytes);
}
