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

/** Ten times a second is at once for people, and spares a browser the work of hearing each event alone. */
const GATHERED_MS = 100;

/** More is not held back. */
const MOST_GATHERED = 1 << 16;

/** As many as chunks come; `transfer` tells the same each second. */
const FREQUENT: ReadonlySet<string> = new Set(['download-progress']);

/** Pages and scripts of one user. */
export const MOST_STREAMS = 16;

/** Whatever else it says. */
export type StreamEvent = { readonly type: string; readonly [field: string]: unknown };

type Reader = {
  readonly to: Writable;
  /** What is held back for it for a moment, where it wants it so. */
  readonly gathered: { text: string; count: number; timer?: NodeJS.Timeout } | undefined;
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

  /** Until it closes. @param isBrief without the progress of downloads, and gathered ten times a second: for pages. */
  add(to: Writable, isBrief = false): void {
    const gathered = isBrief ? { text: '', count: 0 } : undefined;
    const reader: Reader = { to, gathered, missed: 0, isFull: false };
    this.#readers.add(reader);
    to.on('drain', () => this.#drained(reader));
    to.on('close', () => this.#remove(reader));
    // Whoever hangs up has gone: `close` follows.
    to.on('error', () => undefined);
    this.#timer ??= setInterval(() => this.#beat(), BEAT_MS).unref();
    if (this.#readers.size === 1) this.#wanted(true);
  }

  tell(events: readonly StreamEvent[]): void {
    if (this.#readers.size === 0 || events.length === 0) return;
    const all = linesOf(events);
    const rare = events.filter(({ type }) => !FREQUENT.has(type));
    const brief = rare.length === events.length ? all : linesOf(rare);
    for (const reader of this.#readers) {
      if (reader.gathered === undefined) this.#write(reader, all, events.length);
      else if (rare.length > 0) this.#gather(reader, reader.gathered, brief, rare.length);
    }
  }

  /** The peer has ended: so have they. */
  end(): void {
    for (const reader of this.#readers) {
      this.#flush(reader);
      reader.to.end();
    }
  }

  #gather(
    reader: Reader,
    gathered: NonNullable<Reader['gathered']>,
    lines: string,
    count: number,
  ): void {
    gathered.text += lines;
    gathered.count += count;
    if (gathered.text.length >= MOST_GATHERED) return this.#flush(reader);
    gathered.timer ??= setTimeout(() => this.#flush(reader), GATHERED_MS).unref();
  }

  #flush(reader: Reader): void {
    const { gathered } = reader;
    clearTimeout(gathered?.timer);
    if (gathered === undefined) return;
    const { text, count } = gathered;
    delete gathered.timer;
    Object.assign(gathered, { text: '', count: 0 });
    if (count > 0) this.#write(reader, text, count);
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
    clearTimeout(reader.gathered?.timer);
    if (!this.#readers.delete(reader) || this.#readers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#wanted(false);
  }
}

function linesOf(events: readonly StreamEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}
