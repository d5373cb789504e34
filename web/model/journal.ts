/** What happened, for whoever wants to look: what the supervisor did above all. Pure. */
import type { Told } from '#src/peer/api.js';

type Entry = {
  readonly number: number;
  /** Milliseconds since 1970, by the clock of this machine. */
  readonly at: number;
  readonly kind: 'supervisor' | 'peer' | 'trouble' | 'transfer';
  /** Names and messages are of others. */
  readonly words: readonly string[];
  /** Of entries alike that came soon one after the other: this is the last. */
  readonly times: number;
};

/** The latest first. */
export type Journal = readonly Entry[];

const MOST_ENTRIES = 500;

/** What repeats seldom does so alone: an actor that ends is restarted each time. */
const MOST_BETWEEN = 8;

export function stepJournal(journal: Journal, event: Told, at: number): Journal {
  const told = wordsOf(event);
  return told === undefined ? journal : noted(journal, told, at);
}

/** The stream of events was lost, and is there again. */
export function connectedAgain(journal: Journal, at: number): Journal {
  return noted(journal, { kind: 'supervisor', words: ['page', 'connected again'] }, at);
}

function noted(journal: Journal, told: Pick<Entry, 'kind' | 'words'>, at: number): Journal {
  const number = (journal[0]?.number ?? 0) + 1;
  const alike = journal.slice(0, MOST_BETWEEN).find((entry) => isAlike(entry, told));
  const others = alike === undefined ? journal : journal.filter((entry) => entry !== alike);
  const times = (alike?.times ?? 0) + 1;
  return [{ number, at, ...told, times }, ...others].slice(0, MOST_ENTRIES);
}

function isAlike({ kind, words }: Entry, told: Pick<Entry, 'kind' | 'words'>): boolean {
  const isSame = kind === told.kind && words.length === told.words.length;
  return isSame && words.every((word, at) => word === told.words[at]);
}

function wordsOf(event: Told): Pick<Entry, 'kind' | 'words'> | undefined {
  switch (event.type) {
    case 'actor-started':
      return { kind: 'supervisor', words: [event.actor, 'started', event.code] };
    case 'actor-ended':
      return { kind: 'supervisor', words: [event.actor, 'ended', event.code, event.message] };
    case 'actor-restarted': {
      const { actor, code, attempt } = event;
      return { kind: 'supervisor', words: [actor, 'restarted', code, `${attempt}`] };
    }
    case 'notice':
    case 'error':
      return { kind: 'trouble', words: [event.type, event.code, event.message] };
    case 'peer-up':
      return { kind: 'peer', words: [event.name, 'up', `${event.host}:${event.port}`] };
    case 'peer-down':
      return { kind: 'peer', words: [event.peerId.slice(0, 8), 'down', event.reason] };
    case 'stop-requested':
      return { kind: 'peer', words: [event.name, 'stop-requested'] };
    case 'download-completed':
      return { kind: 'transfer', words: [event.name, 'completed', event.path] };
    case 'download-failed':
      return { kind: 'transfer', words: [event.name, 'failed', event.code, event.message] };
    default:
      return undefined;
  }
}
