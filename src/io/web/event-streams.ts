/**
 * Those who hear what happens: each a response that stays open, one JSON object a line. A reader who does not read costs
 * a bounded buffer, and one overview if he asked for that, loses what does not fit (`missed` says how much, so that a page reads all anew), and is sent away in
 * the end. Marks are never lost: somebody waits for each.
 */
import type { Writable } from 'node:stream';
import { NOT_IN_BRIEF } from '#src/api/web-operations.js';

/** So much waits for one reader: thousands of events. */
const MOST_WAITING_BYTES = 1 << 20;

/** So many wait besides for a reader who takes nothing else; with more he is sent away. */
const MOST_MARKS = 100;

/** A tab that is asleep reads nothing for a while; one that is gone, never. */
const STALLED_MS = 60_000;

/** An empty line now and then: whoever reads knows that the peer is there. */
const BEAT_MS = 15_000;

/** Ten times a second is at once for people, and spares a browser the work of hearing each event alone. */
const GATHERED_MS = 100;

/** More is not held back. */
const MOST_GATHERED = 1 << 16;

/** Pages and scripts of one user. */
export const MOST_STREAMS = 16;

/** Whatever else it says. */
export type StreamEvent = { readonly type: string; readonly [field: string]: unknown };

/** Events as they are written, and what is left of them for whoever takes nothing: marks, and how many were missed where. */
type Lines = { readonly text: string; readonly left: readonly StreamEvent[] };

const NONE: Lines = { text: '', left: [] };

type Reader = {
  readonly to: Writable;
  /** What is held back for it for a moment, where it wants it so. */
  readonly gathered: { lines: Lines; timer?: NodeJS.Timeout } | undefined;
  /** What it is told once it has read what waits. */
  left: readonly StreamEvent[];
  /** Takes no more until it has read what waits. */
  isFull: boolean;
  /** Since when something waits for it; undefined where it has read all. */
  behindAt?: number;
};

/** What belongs to one reader. */
export type Seat = {
  /** Takes it away, where it may never say that it closed. */
  readonly leave: () => void;
  /** Something for it alone, which it gets whatever else waits for it. */
  readonly tell: (event: StreamEvent) => void;
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
  add(to: Writable, isBrief = false): Seat {
    const gathered = isBrief ? { lines: NONE } : undefined;
    const reader: Reader = { to, gathered, left: [], isFull: false };
    this.#readers.add(reader);
    to.on('drain', () => this.#drained(reader));
    to.on('close', () => this.#remove(reader));
    // Whoever hangs up has gone: `close` follows.
    to.on('error', () => undefined);
    this.#timer ??= setInterval(() => this.#beat(), BEAT_MS).unref();
    if (this.#readers.size === 1) this.#wanted(true);
    return {
      leave: () => this.#remove(reader),
      tell: (event) => this.#put(reader, linesOf([event])),
    };
  }

  tell(events: readonly StreamEvent[]): void {
    if (this.#readers.size === 0 || events.length === 0) return;
    const all = linesOf(events.map(asTold));
    const brief = linesOf(briefOf(events));
    for (const reader of this.#readers) {
      if (reader.gathered === undefined) this.#write(reader, all);
      else if (brief.text !== '') this.#gather(reader, reader.gathered, brief);
    }
  }

  /** The peer has ended: so have they. */
  end(): void {
    for (const reader of this.#readers) {
      this.#flush(reader);
      reader.to.end();
    }
  }

  #gather(reader: Reader, gathered: NonNullable<Reader['gathered']>, more: Lines): void {
    const { text, left } = gathered.lines;
    gathered.lines = { text: text + more.text, left: leftOf([...left, ...more.left]) };
    if (gathered.lines.text.length >= MOST_GATHERED) return this.#flush(reader);
    gathered.timer ??= setTimeout(() => this.#flush(reader), GATHERED_MS).unref();
  }

  #flush(reader: Reader): void {
    const { gathered } = reader;
    clearTimeout(gathered?.timer);
    if (gathered === undefined) return;
    const { lines } = gathered;
    delete gathered.timer;
    gathered.lines = NONE;
    if (lines.text !== '') this.#write(reader, lines);
  }

  #write(reader: Reader, lines: Lines): void {
    if (reader.isFull) return this.#miss(reader, lines);
    this.#put(reader, lines);
  }

  #put(reader: Reader, lines: Lines): void {
    const { to } = reader;
    if (to.destroyed) return;
    if (to.write(lines.text)) return;
    reader.behindAt ??= this.#now();
    reader.isFull = to.writableLength > MOST_WAITING_BYTES;
  }

  #miss(reader: Reader, { left }: Lines): void {
    reader.left = leftOf([...reader.left, ...left]);
    const marks = reader.left.filter(({ type }) => type === 'mark').length;
    if (marks > MOST_MARKS) this.#sendAway(reader);
  }

  #drained(reader: Reader): void {
    delete reader.behindAt;
    reader.isFull = false;
    const { left } = reader;
    reader.left = [];
    if (left.length > 0) this.#write(reader, { left, text: left.map(lineOf).join('') });
  }

  #beat(): void {
    for (const reader of this.#readers) {
      const { behindAt } = reader;
      if (behindAt === undefined) this.#write(reader, { ...NONE, text: '\n' });
      else if (this.#now() - behindAt >= STALLED_MS) this.#sendAway(reader);
    }
  }

  /** One that waits behind another answer does not say that it closed. */
  #sendAway(reader: Reader): void {
    reader.to.destroy();
    this.#remove(reader);
  }

  #remove(reader: Reader): void {
    clearTimeout(reader.gathered?.timer);
    if (!this.#readers.delete(reader) || this.#readers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#wanted(false);
  }
}

function linesOf(events: readonly StreamEvent[]): Lines {
  return { text: events.map(lineOf).join(''), left: leftOf(events) };
}

function asTold(event: StreamEvent): StreamEvent {
  return event.type === 'missed' ? { type: event.type, count: event['count'] } : event;
}

/** What was missed is told as far as it would have been told itself. */
function briefOf(events: readonly StreamEvent[]): readonly StreamEvent[] {
  return events.flatMap((event) => {
    const { type, brief } = event;
    if (type !== 'missed') return NOT_IN_BRIEF.has(type) ? [] : [event];
    return brief === 0 ? [] : [{ type, count: brief }];
  });
}

/** Marks in their place among what is missed. */
function leftOf(events: readonly StreamEvent[]): readonly StreamEvent[] {
  const left: StreamEvent[] = [];
  let missed = 0;
  const told = () => {
    if (missed > 0) left.push({ type: 'missed', count: missed });
    missed = 0;
  };
  for (const event of events) {
    if (event.type !== 'mark') {
      missed += event.type === 'missed' ? Number(event['count']) : 1;
      continue;
    }
    told();
    left.push(event);
  }
  told();
  return left;
}

function lineOf(event: StreamEvent): string {
  return `${JSON.stringify(event)}\n`;
}
