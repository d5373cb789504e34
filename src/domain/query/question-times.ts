/** How long whoever asks everybody waits, and over how long those without a link to him spread their answers. Pure. */
import { type Asked, QUERY_LIMITS } from './query.js';

/** A question reaches everybody on a local network in some 100 ms, and its answers take a dial at most. */
const QUIET_MS = 500;

/** Two hundred dials a second take a third of a thread's time. */
const WITHIN_PER_PEER_MS = 5;

/** Only those answer who have it: so short that with the quiet after it nothing found is said within a second. */
const HOLDERS_WITHIN_MS = 200;

/** Nobody is to keep a question open by answering on and on. */
const MOST_MS = 5000;

export type QuestionTimes = {
  /** Whoever has no link with the asker spreads his answer over so long. */
  readonly withinMs: number;
  /** The question ends when nobody has answered for so long. */
  readonly quietMs: number;
  /** It ends then whoever answers. */
  readonly mostMs: number;
};

/** @param strangers how many peers are known that have no link with the asker. */
export function questionTimes({ about }: Asked, strangers: number): QuestionTimes {
  const everybodyMs = Math.min(QUERY_LIMITS.mostWithinMs, strangers * WITHIN_PER_PEER_MS);
  const withinMs = about === 'topology' ? everybodyMs : HOLDERS_WITHIN_MS;
  return { withinMs, quietMs: QUIET_MS + withinMs, mostMs: MOST_MS + withinMs };
}
