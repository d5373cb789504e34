/**
 * A UDP socket that carries reliable streams: reads what arrives, turns by turn, lets what is due leave, and wakes up
 * for what will be. Whose packets they are and what they mean is `domain/datagram/`.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { Address } from '#src/domain/datagram/path.js';
import { newStrays, type Strays } from '#src/domain/datagram/strays.js';
import { MiB } from '#src/domain/limits.js';
import { closeAtExit } from '#src/io/net/thread-sockets.js';
import { type Header, newHeader, newSlot, readHeader, type Slot } from '#src/wire/packet.js';

/** The kernel takes what it may: some hundred milliseconds of a fast network while this thread is busy. */
const SOCKET_BUFFER_BYTES = 4 * MiB;

const OTHERS_BUFFER_BYTES = MiB;

/** A socket's buffer is counted with the kernel's own records and roundings, more than as much again. */
const PAYLOAD_SHARE = 0.4;

/** As many packets on their way to the kernel at once; then it is time to read again. */
const SLOTS = 64;

/** A packet arrived whose header is sound. */
export type OnPacket = (
  header: Header,
  bytes: Uint8Array,
  view: DataView,
  from: Address,
  nowUs: number,
) => void;

export type PortOptions = {
  readonly host: string;
  readonly port: number;
  /** The largest datagram to be sent. */
  readonly datagramBytes: number;
  /** Drops so many of all that arrive, on purpose, to show what becomes of it. */
  readonly lossShare?: number;
  /** Counts on in these. */
  readonly strays?: Strays;
};

export class DatagramPort {
  readonly #socket: Socket;
  readonly #slots: Slot[];
  readonly #lossShare: number;
  #onRoom: () => void = () => {};
  #onSent: () => void = () => {};
  #isClosing = false;
  #onTheirWay = 0;
  #lastSlot = 0;
  /** The largest datagram it sends. */
  readonly datagramBytes: number;
  /** So many of what arrived, on purpose. */
  dropped = 0;
  /** What came to nothing here. */
  readonly strays: Strays;
  /** Why the system would not send something, last. */
  lastTrouble: Error | undefined;
  /** Called when its thread is ended; what is sent then still leaves. */
  lastWords: () => void = () => {};

  constructor(socket: Socket, { datagramBytes, lossShare = 0, strays = newStrays() }: PortOptions) {
    this.#socket = socket;
    this.#lossShare = lossShare;
    this.strays = strays;
    this.datagramBytes = datagramBytes;
    this.#slots = Array.from({ length: SLOTS }, () => newSlot(datagramBytes));
    socket.on('error', (error) => this.#fail(error));
    closeAtExit(socket, () => this.lastWords());
  }

  /** @param onRoom called when packets that left made room for more. */
  hear(onPacket: OnPacket, onRoom: () => void): void {
    this.#onRoom = onRoom;
    const header = newHeader();
    let last: Address = { host: '', port: 0 };
    this.#socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
      if (this.#lossShare > 0 && Math.random() < this.#lossShare) {
        this.dropped += 1;
        return;
      }
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      // Nothing can be sent to port 0: whoever says that it comes from there forges it.
      if (from.port === 0 || !readHeader(bytes, view, header)) {
        this.strays.strangers += 1;
        return;
      }
      // Most come from where the one before came from.
      if (from.port !== last.port || from.address !== last.host) {
        last = { host: from.address, port: from.port };
      }
      onPacket(header, bytes, view, last, nowUs());
    });
  }

  get address(): Address {
    const { address, port } = this.#socket.address();
    return { host: address, port };
  }

  /** Bytes of packets that the system keeps while nobody reads. */
  get socketBytes(): number {
    return Math.floor(this.#socket.getRecvBufferSize() * PAYLOAD_SHARE);
  }

  /** How many packets it takes at once. */
  readonly slots = SLOTS;

  /** Whether a packet may be written. */
  get hasRoom(): boolean {
    return this.#onTheirWay < SLOTS && !this.#isClosing;
  }

  /** One to write a packet into; it has to be sent, and there has to be room. */
  slot(): Slot {
    this.#lastSlot = (this.#lastSlot + 1) % SLOTS;
    const slot = this.#slots[this.#lastSlot];
    if (slot === undefined) throw new Error('no such slot');
    return slot;
  }

  send(slot: Slot, bytes: number, to: Address): void {
    this.#onTheirWay += 1;
    if (slot.sent.length !== bytes) slot.sent = slot.bytes.subarray(0, bytes);
    this.#socket.send(slot.sent, to.port, to.host, this.#sent);
  }

  /** Resolves once what was on its way to the system is there, and the port is free. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    while (this.#onTheirWay > 0) {
      await new Promise<void>((resolve) => {
        this.#onSent = resolve;
      });
    }
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  /** The slots leave in the order they were taken: as long as some are free the next one is. */
  readonly #sent = (error: Error | null): void => {
    const wasFull = !this.hasRoom;
    this.#onTheirWay -= 1;
    if (error !== null) this.#fail(error);
    if (wasFull) this.#onRoom();
    this.#onSent();
  };

  /** What cannot be sent is as good as lost: it is sent again, or given up in time. */
  #fail(error: Error): void {
    this.strays.unsent += 1;
    this.lastTrouble = error;
  }
}

/** Binds a socket. @throws the system's error where the address or port cannot be had. */
export async function openDatagramPort(options: PortOptions): Promise<DatagramPort> {
  const family = isIPv6(options.host) ? 6 : 4;
  // Called for each packet; what it is given is an address already.
  const socket = createSocket({
    type: `udp${family}`,
    lookup: (host, _, found) => found(null, host, family),
  });
  try {
    // It may be bound before `bind` returns, as nothing is looked up.
    const listening = once(socket, 'listening');
    socket.bind({ address: options.host, port: options.port, exclusive: true });
    await listening;
    socket.setRecvBufferSize(bufferBytes());
    socket.setSendBufferSize(bufferBytes());
  } catch (error) {
    socket.close();
    throw error;
  }
  return new DatagramPort(socket, options);
}

/** Linux cuts what is too much; others refuse it, and their own limit is mostly 8 MiB for both directions together. */
function bufferBytes(): number {
  return process.platform === 'linux' ? SOCKET_BUFFER_BYTES : OTHERS_BUFFER_BYTES;
}

/** Monotonic, in microseconds. */
export function nowUs(): number {
  return performance.now() * 1000;
}
