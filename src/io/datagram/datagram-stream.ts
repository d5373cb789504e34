/** A reliable stream over datagrams as a `Duplex`: what TLS and everything above run on, as over a TCP socket. */
import { Duplex } from 'node:stream';
import { Connection, type ConnectionOptions } from '#src/domain/datagram/connection.js';
import type { ConnectionOwner, Ended } from '#src/domain/datagram/ended.js';
import { RESET } from '#src/domain/datagram/packet.js';
import { P2pError } from '#src/domain/errors.js';
import { KiB } from '#src/domain/limits.js';

/** Packets that come in one turn are handed on together: each alone would be a turn of TLS. */
const BLOCK_BYTES = 64 * KiB;

/** What is so large is handed on as it came: to copy it would cost as much as a packet does in all. */
const WHOLE_BYTES = 16 * KiB;

/** What nobody asks for waits in the blocks here, not in a queue of pieces each as small as a packet may be. */
const AHEAD_BYTES = 1;

const NOTHING = Buffer.alloc(0);

/**
 * As much is taken of its user in a turn of the event loop: he may encrypt it all before acknowledgements are read again,
 * and then the way looks slower than it is.
 */
const TURN_BYTES = 256 * KiB;

type Done = (error?: Error | null) => void;

export class DatagramStream extends Duplex implements ConnectionOwner {
  readonly connection: Connection;
  readonly #wake: () => void;
  /** What was delivered and not asked for yet: first the blocks that are full, then from `#from` to `#to` in this one. */
  #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #from = 0;
  #to = 0;
  readonly #ready: Buffer[] = [];
  #isWanted = false;
  #isFinished = false;
  #written: Done | undefined;
  /** Bytes that were written in this turn. */
  #inTurn = 0;
  #final: Done | undefined;
  #ended: Ended | undefined;
  #closed: (() => void) | undefined;

  /** @param wake called when there is something to do for its connection. */
  constructor(options: ConnectionOptions, wake: () => void) {
    super({ allowHalfOpen: true, readableHighWaterMark: AHEAD_BYTES });
    this.connection = new Connection(this, options);
    this.#wake = wake;
  }

  get remoteAddress(): string {
    return this.connection.address.host;
  }

  get remotePort(): number {
    return this.connection.address.port;
  }

  /** How it ended, once it has. */
  get outcome(): Ended | undefined {
    return this.#ended;
  }

  /** Whether whoever is at the other end stopped it: neither a fault of the way nor a word about what was said. */
  get wasBrokenOff(): boolean {
    return this.#ended?.type === 'reset' && this.#ended.code === RESET.aborted;
  }

  // What the connection says.

  delivered(bytes: Uint8Array): void {
    if (this.destroyed) return;
    if (bytes.length >= WHOLE_BYTES) {
      this.#cut();
      this.#ready.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
      return;
    }
    for (let taken = 0; taken < bytes.length; ) {
      const part = Math.min(bytes.length - taken, BLOCK_BYTES - this.#to);
      this.#block.set(bytes.subarray(taken, taken + part), this.#to);
      this.#to += part;
      taken += part;
      if (this.#to === BLOCK_BYTES) this.#cut();
    }
  }

  finished(): void {
    this.#isFinished = true;
  }

  ended(how: Ended): void {
    this.#ended = how;
  }

  /** At the end of a turn: hands on what it brought. */
  settle(): void {
    if (this.destroyed) return;
    this.#handOn();
    this.#inTurn = 0;
    if (this.hasMore) this.#release();
    if (this.#ended?.type === 'complete') {
      this.#final?.();
      this.#final = undefined;
    } else if (this.#ended !== undefined) this.destroy(errorOf(this.#ended));
  }

  /** Whether its user has more to write, and may in the next turn. */
  get hasMore(): boolean {
    return this.#written !== undefined && this.connection.hasRoom;
  }

  /** What was due has left: whoever ends the process once it is closed shall not take the last word with him. */
  departed(): void {
    if (this.destroyed && !this.connection.hasLastWord) this.#close();
  }

  // What its user does.

  override _read(): void {
    this.#isWanted = true;
    this.#handOn();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: Done): void {
    this.#write(chunk);
    this.#taken(done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    for (const { chunk } of chunks) this.#write(chunk);
    this.#taken(done);
  }

  override _final(done: Done): void {
    this.connection.end();
    this.#final = done;
    this.#wake();
  }

  override _destroy(error: Error | null, done: Done): void {
    if (this.#ended === undefined) this.connection.abort(RESET.aborted);
    this.#wake();
    this.#release();
    this.#ready.length = 0;
    this.#block = NOTHING;
    this.#final?.(error ?? goneError());
    this.#final = undefined;
    this.#closed = () => done(error);
    if (!this.connection.hasLastWord) this.#close();
  }

  /** The port closes: what has not left will not. */
  abandon(): void {
    this.#close();
  }

  #close(): void {
    const closed = this.#closed;
    this.#closed = undefined;
    closed?.();
  }

  #write(bytes: Buffer): void {
    this.connection.write(bytes);
    this.#inTurn += bytes.length;
  }

  #taken(done: Done): void {
    this.#written = done;
    this.#wake();
    if (this.connection.hasRoom && this.#inTurn < TURN_BYTES) this.#release();
  }

  #release(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.(this.destroyed ? goneError() : null);
  }

  /** What lies in the block is ready. */
  #cut(): void {
    if (this.#to > this.#from) this.#ready.push(this.#block.subarray(this.#from, this.#to));
    this.#from = this.#to;
    if (this.#to < BLOCK_BYTES / 2) return;
    // What was handed on belongs to its reader.
    this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#from = 0;
    this.#to = 0;
  }

  #handOn(): void {
    let consumed = 0;
    while (this.#isWanted) {
      if (this.#ready.length === 0) this.#cut();
      const next = this.#ready.shift();
      if (next === undefined) break;
      consumed += next.length;
      this.#isWanted = this.push(next);
    }
    if (consumed > 0) {
      this.connection.consumed(consumed);
      this.#wake();
    }
    const isEmpty = this.#ready.length === 0 && this.#from === this.#to;
    if (this.#isFinished && isEmpty && !this.readableEnded) this.#finish();
  }

  #finish(): void {
    this.#isFinished = false;
    this.push(null);
  }
}

function goneError(): P2pError {
  return new P2pError('closed', 'the connection is closed');
}

function errorOf(how: Ended): P2pError {
  switch (how.type) {
    case 'gone': {
      const seconds = Math.round(how.tryingUs / 1_000_000);
      return new P2pError('unreachable', `no answer to ${how.tries} tries in ${seconds} s`);
    }
    case 'reset':
      if (how.code === RESET.protocol) {
        return new P2pError('protocol', 'the connection did not keep to the protocol');
      }
      return how.code === RESET.refused
        ? new P2pError('refused', 'the other end refused the connection')
        : new P2pError('unreachable', 'the other end broke it off');
    default:
      return goneError();
  }
}
