/**
 * Those who hear what happens: each a response that stays open, one JSON object a line. A reader who does not read costs
 * a bounded buffer, loses what does not fit (`missed` says how much, so that a page reads all anew), and is sent away in
 * the end.
 */
import type { Writable } from 'node:stream';

/** So much waits for one reader: thousands of events. */
const MOST_WAITING_BYTES = 1 << 20;

/** A tab that is asleep reads nothing for a while; one that is gone, never. */
const STALLED_MS = 60_000;

/** An empty line now and then: whoever reads knows that the peer is there. */
const BEAT_MS = 15_000;

/** Pages and scripts of one user. */
export const MOST_STREAMS = 16;

type Reader = {
  readonly to: Writable;
  missed: number;
  /** Takes no more until it has read what waits. */
  isFull: boolean;
  /** Since when something waits for it; undefined where it has read all. */
  behindAt?: number;
};

export class EventStreams {
  readonly #readers = new Set<Reader>();
  readonly #wanted: (wanted: boolean) => void;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;

  /** @param wanted is told when the first comes and the last goes. @param now monotonic milliseconds. */
  constructor(wanted: (wanted: boolean) => void, now: () => number = () => performance.now()) {
    this.#wanted = wanted;
    this.#now = now;
  }

  get isFull(): boolean {
    return this.#readers.size >= MOST_STREAMS;
  }

  /** Until it closes. */
  add(to: Writable): void {
    const reader: Reader = { to, missed: 0, isFull: false };
    this.#readers.add(reader);
    to.on('drain', () => this.#drained(reader));
    to.on('close', () => this.#remove(reader));
    // Whoever hangs up has gone: `close` follows.
    to.on('error', () => undefined);
    this.#timer ??= setInterval(() => this.#beat(), BEAT_MS).unref();
    if (this.#readers.size === 1) this.#wanted(true);
  }

  tell(events: readonly object[]): void {
    if (this.#readers.size === 0 || events.length === 0) return;
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    for (const reader of this.#readers) this.#write(reader, lines, events.length);
  }

  /** The peer has ended: so have they. */
  end(): void {
    for (const { to } of this.#readers) to.end();
  }

  #write(reader: Reader, lines: string, count: number): void {
    if (reader.isFull) {
      reader.missed += count;
      return;
    }
    const { to } = reader;
    if (to.write(lines)) return;
    reader.behindAt ??= this.#now();
    reader.isFull = to.writableLength > MOST_WAITING_BYTES;
  }

  #drained(reader: Reader): void {
    delete reader.behindAt;
    reader.isFull = false;
    if (reader.missed === 0) return;
    const { missed } = reader;
    reader.missed = 0;
    this.#write(reader, `${JSON.stringify({ type: 'missed', count: missed })}\n`, 0);
  }

  #beat(): void {
    for (const reader of this.#readers) {
      const { to, behindAt } = reader;
      if (behindAt === undefined) this.#write(reader, '\n', 0);
      else if (this.#now() - behindAt >= STALLED_MS) to.destroy();
    }
  }

  #remove(reader: Reader): void {
    if (!this.#readers.delete(reader) || this.#readers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#wanted(false);
  }
}
