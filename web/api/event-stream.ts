/**
 * What happens, as the peer tells it: one JSON object a line of a response that stays open. Where it ends it is opened anew;
 * what was told meanwhile is not told again, so whoever listens reads all anew each time.
 */
import { API_ROOT } from '#src/api/operation.js';
import type { Told } from '#src/peer/api.js';
import type { Overview } from './answers.js';
import { type Access, reached } from './client.js';
import { AskError, refusalIn } from './failure.js';

/** Beside what happens to the peer, what happens to the stream. */
export type StreamEvent = Told | { readonly type: 'missed'; readonly count: number };

/** One line before long. */
type Begin = { readonly type: 'overview' } & Overview;

type Line = StreamEvent | Begin;

export type StreamListener = {
  /** It flows: this is how it was when it began, and `heard` tells all since. */
  readonly opened: (begin: Overview) => void;
  readonly heard: (events: readonly StreamEvent[]) => void;
  /** It ended, and is tried again, unless the token is `refused`; `hidden`: once somebody looks again. */
  readonly lost: (why: 'gone' | 'refused' | 'hidden') => void;
};

/** A peer that restarts its web actor is there within a second; one that has ended costs one attempt in five. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;

/** Two of the empty lines that the peer sends each 15 s, and some more: then it is gone without a word. */
const SILENCE_MS = 40_000;

/** No event is nearly as long. */
const MOST_LINE = 4 * 1024 * 1024;

/** Until `signal` aborts. @param pause resolves after so long, or with the signal. */
export async function listen(
  access: Access,
  listener: StreamListener,
  signal: AbortSignal,
  pause: (ms: number) => Promise<void> = (ms) => slept(ms, signal),
): Promise<void> {
  let waitMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const opened = (begin: Overview) => {
      waitMs = FIRST_PAUSE_MS;
      listener.opened(begin);
    };
    const heard = (events: readonly StreamEvent[]) => listener.heard(events);
    const why = await followed(access, { opened, heard }, signal);
    if (signal.aborted) return;
    listener.lost(why);
    if (why === 'refused') return;
    await pause(waitMs);
    waitMs = Math.min(waitMs * 2, LONGEST_PAUSE_MS);
  }
}

async function followed(
  { token, fetch }: Access,
  listener: Pick<StreamListener, 'opened' | 'heard'>,
  signal: AbortSignal,
): Promise<'gone' | 'refused'> {
  const silence = silenceOf(signal);
  try {
    const headers = { authorization: `Bearer ${token}` };
    const options = { headers, signal: silence.signal };
    const response = await reached(() =>
      fetch(`${API_ROOT}/events?brief=true&overview=true`, options),
    );
    if (!response.ok) throw refusalIn(response.status, await reached(() => response.text()));
    const lines = new Lines();
    const hear = overviewFirst(listener);
    for (const reader = readerOf(response); ; ) {
      silence.heard();
      const { done, value } = await reached(() => reader.read());
      if (done) return 'gone';
      hear(linesIn(lines, value));
    }
  } catch (error) {
    // Whatever else was thrown is a fault of the page, and the console shows it.
    if (!(error instanceof AskError)) throw error;
    return error.code === 'token' ? 'refused' : 'gone';
  } finally {
    silence.end();
  }
}

/** What is told before the overview may be missing in it, and is heard on top of it. */
function overviewFirst({ opened, heard }: Pick<StreamListener, 'opened' | 'heard'>) {
  let isOpen = false;
  let early: readonly StreamEvent[] = [];
  return (lines: readonly Line[]): void => {
    const begin = lines.find(isOverview);
    const events = [...early, ...lines.filter((line) => !isOverview(line))];
    if (begin !== undefined) opened(begin);
    isOpen ||= begin !== undefined;
    early = isOpen ? [] : events;
    if (isOpen && events.length > 0) heard(events);
  };
}

function isOverview(line: Line): line is Begin {
  return line.type === 'overview';
}

/** @throws AskError where it is no event: whatever follows may be cut wrongly, so the stream is opened anew. */
function linesIn(lines: Lines, piece: Uint8Array): readonly Line[] {
  try {
    return lines.take(piece);
  } catch (cause) {
    throw new AskError('garbled', 'the peer said something that is no event', { cause });
  }
}

/** Makes events of pieces of lines. */
export class Lines {
  readonly #decoder = new TextDecoder();
  #rest = '';

  /** @throws SyntaxError where a line is no JSON; RangeError where it has no end. */
  take(piece: Uint8Array): readonly Line[] {
    const text = this.#rest + this.#decoder.decode(piece, { stream: true });
    const lines = text.split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MOST_LINE) throw new RangeError('an event has no end');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line);
  }
}

function readerOf({ body }: Response): ReadableStreamDefaultReader<Uint8Array> {
  if (body === null) throw new AskError('gone', 'the peer does not answer');
  return body.getReader();
}

/** Aborts with `outer`, and where nothing is heard for too long. */
function silenceOf(outer: AbortSignal) {
  const own = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => own.abort(), SILENCE_MS);
  };
  heard();
  // What is not read to its end holds its connection, else.
  const end = () => {
    clearTimeout(timer);
    own.abort();
  };
  return { signal: AbortSignal.any([outer, own.signal]), heard, end };
}

function slept(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
