/** One file while it arrives: written block by block as it comes, no faster than the disk takes it, and proven at its end. */
import type { FileHandle } from 'node:fs/promises';
import { P2pError } from '#src/domain/errors.js';
import { MiB } from '#src/domain/limits.js';
import { blake3Stream } from '#src/io/content/blake3.js';
import { writeFully } from '#src/io/disk/write-fully.js';
import type { Session } from '#src/io/net/session.js';
import type { Message } from '#src/wire/message.js';

/** One write; and so much may wait for the disk until nothing more is read. */
const BLOCK_BYTES = MiB;
const MOST_WAITING_BYTES = 4 * MiB;

/**
 * Whoever answers pings and sends nothing would hold the place for ever. A disk that spins up takes seconds, one over a
 * network may take a minute. Counted in ticks: a suspended process blames nobody when it wakes.
 */
const STALL_TICK_MS = 5000;
const STALL_TICKS = 12;

export class ArrivingFile {
  readonly #session: Pick<Session, 'pause' | 'resume'>;
  readonly #file: FileHandle;
  readonly #bytes: number;
  readonly #hash = blake3Stream();
  readonly #ticker: NodeJS.Timeout;
  #stillTicks = 0;
  #block = new Uint8Array(BLOCK_BYTES);
  #filled = 0;
  #taken = 0;
  /** Given to the disk, and written by it. */
  #begun = 0;
  #written = 0;
  #work: Promise<void> = Promise.resolve();
  #fail: (error: unknown) => void = () => {};
  /** Rejects with the disk's error, or `timed-out`; it need not be waited for. */
  readonly failed: Promise<never>;

  /** @param file written from its start. @param bytes that it will have. */
  constructor(session: Pick<Session, 'pause' | 'resume'>, file: FileHandle, bytes: number) {
    this.#session = session;
    this.#file = file;
    this.#bytes = bytes;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => undefined);
    this.#ticker = setInterval(() => this.#tick(), STALL_TICK_MS);
  }

  get taken(): number {
    return this.#taken;
  }

  /** @param bytes valid during the call only. @throws P2pError `protocol` where there are too many */
  take(bytes: Uint8Array): void {
    if (this.#taken + bytes.length > this.#bytes) {
      throw new P2pError('protocol', 'more came than the file has');
    }
    this.#taken += bytes.length;
    this.#stillTicks = 0;
    for (let from = 0; from < bytes.length; ) {
      const part = bytes.subarray(from, from + BLOCK_BYTES - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
      if (this.#filled === BLOCK_BYTES) this.#flush();
    }
  }

  /**
   * Resolves once all of it is written and synced.
   * @param end what the other end said after the last byte.
   * @throws P2pError `protocol` where the bytes are not what was sent, `changed`; the disk's errors
   */
  async prove(end: Message): Promise<void> {
    if (end.type === 'refused') throw new P2pError('changed', 'the file changed while it was sent');
    if (end.type !== 'file-end') throw new P2pError('protocol', `${end.type} came within a file`);
    this.#flush();
    await this.#work;
    const isWhole = this.#taken === this.#bytes;
    if (!isWhole || !Buffer.from(this.#hash.digest()).equals(end.hash)) {
      throw new P2pError('protocol', 'what arrived is not what was sent');
    }
    await this.#file.sync();
  }

  /** Resolves once nothing is written any more. The session is read on: its goodbye comes behind what was not taken. */
  async stop(): Promise<void> {
    clearInterval(this.#ticker);
    this.#session.resume();
    await this.#work.catch(() => undefined);
  }

  get #isHeldUp(): boolean {
    return this.#begun - this.#written >= MOST_WAITING_BYTES;
  }

  #flush(): void {
    const block = this.#block.subarray(0, this.#filled);
    const at = this.#begun;
    this.#begun += block.length;
    this.#block = new Uint8Array(BLOCK_BYTES);
    this.#filled = 0;
    if (this.#isHeldUp) this.#session.pause();
    this.#work = this.#work.then(() => this.#write(block, at));
    this.#work.catch((error: unknown) => this.#fail(error));
  }

  async #write(block: Uint8Array, at: number): Promise<void> {
    this.#hash.update(block);
    await writeFully(this.#file, block, at);
    const wasHeldUp = this.#isHeldUp;
    this.#written += block.length;
    if (wasHeldUp && !this.#isHeldUp) this.#session.resume();
  }

  #tick(): void {
    // While our own disk is what is slow, or all is there, nobody else is to blame.
    const isWaiting = !this.#isHeldUp && this.#taken < this.#bytes;
    this.#stillTicks = isWaiting ? this.#stillTicks + 1 : 0;
    if (this.#stillTicks < STALL_TICKS) return;
    const seconds = (STALL_TICKS * STALL_TICK_MS) / 1000;
    this.#fail(new P2pError('timed-out', `nothing of it came for ${seconds} s`));
  }
}
