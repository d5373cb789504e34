/** What leaves a session: messages at once, bulk as fast as the other takes it, neither without bound. */
import type { TLSSocket } from 'node:tls';
import { P2pError } from '#src/domain/errors.js';
import { KiB, MiB } from '#src/domain/limits.js';
import { encodeMessage, type Message } from '#src/wire/message.js';

/** A peer that lets this much control traffic pile up is not reading. */
const SEND_BUFFER_BYTES = 4 * MiB;

/**
 * What all sessions of a thread may have unsent of messages: a few manifests. Beyond it whoever took nothing for longest
 * goes, for each within its own bound they would hold a gigabyte. Not who has most: that is who has just asked.
 */
const SEND_BUFFERS_BYTES = 24 * MiB;

/** With so little unsent nobody is looked at: 256 such are less than all may have. */
const SMALL_BYTES = 64 * KiB;

const outgoings = new Set<Outgoing>();

/** Kept ready behind what the kernel takes, so that the next write never comes too late. */
const WRITE_AHEAD_BYTES = 1 * MiB;

export class Outgoing {
  readonly #socket: TLSSocket;
  readonly #onTaken: () => void;
  readonly #onOverflow: (why: P2pError) => void;
  readonly #waiting: (() => void)[] = [];
  /** Bytes of messages that have not left. */
  #unsent = 0;
  /** Since when nothing of that has left. */
  #stillSince = 0;
  #isClosed = false;
  #isGathering = false;

  /** @param onTaken called when bytes have left. @param onOverflow called when the other does not read. */
  constructor(socket: TLSSocket, onTaken: () => void, onOverflow: (why: P2pError) => void) {
    this.#socket = socket;
    this.#onTaken = onTaken;
    this.#onOverflow = onOverflow;
    outgoings.add(this);
    socket.once('close', () => outgoings.delete(this));
  }

  send(message: Message, request: number): void {
    if (this.#isOver) return;
    this.#gather();
    const bytes = encodeMessage(message, request);
    if (this.#unsent === 0) this.#stillSince = performance.now();
    this.#unsent += bytes.length;
    this.#socket.write(bytes, () => {
      this.#unsent -= bytes.length;
      this.#stillSince = performance.now();
    });
    if (this.#socket.writableLength > SEND_BUFFER_BYTES) this.#overflow();
    else if (this.#unsent > SMALL_BYTES) Outgoing.#boundAll();
  }

  static #boundAll(): void {
    let all = 0;
    for (const one of outgoings) all += one.#unsent;
    if (all <= SEND_BUFFERS_BYTES) return;
    const [stillest] = [...outgoings]
      .filter((one) => one.#unsent > SMALL_BYTES)
      .toSorted((one, other) => one.#stillSince - other.#stillSince);
    if (stillest !== undefined) stillest.#overflow();
  }

  #overflow(): void {
    // What it holds is freed as it ends: it is not to be chosen again until then.
    outgoings.delete(this);
    this.#onOverflow(new P2pError('limit', 'it does not read what it is sent'));
  }

  /** @param flushed called once the frames have left or never will. @returns once there is room for more. */
  write(frames: Uint8Array, flushed: () => void): Promise<void> {
    if (this.#isOver) {
      flushed();
      return Promise.reject(goneError());
    }
    this.#release();
    this.#socket.write(frames, () => {
      flushed();
      this.#onTaken();
      if (this.#hasRoom) this.#releaseWriters();
    });
    if (this.#hasRoom) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => (this.#isClosed ? reject(goneError()) : resolve()));
    });
  }

  /** Nothing more is taken; who waits for room is told. */
  close(): void {
    this.#isClosed = true;
    this.#releaseWriters();
  }

  /** Messages of one turn leave together: each alone would be a TLS record and a system call. */
  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#socket.cork();
    queueMicrotask(() => this.#release());
  }

  #release(): void {
    if (!this.#isGathering) return;
    this.#isGathering = false;
    this.#socket.uncork();
  }

  get #isOver(): boolean {
    return this.#isClosed || this.#socket.writableEnded;
  }

  get #hasRoom(): boolean {
    return this.#socket.writableLength <= WRITE_AHEAD_BYTES;
  }

  #releaseWriters(): void {
    for (const release of this.#waiting.splice(0)) release();
  }
}

function goneError(): P2pError {
  return new P2pError('closed', 'the connection is closed');
}
