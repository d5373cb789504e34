/**
 * Events that are at the same time the answer to a command: `share` is answered by `share-added`. The event
 * then carries the command's reference, and nothing is told twice.
 */
import type { PeerEvent } from '#src/peer/events.js';

type Expectation = {
  /** Whether the event has come; ends the expectation. */
  settle(): boolean;
};

export type Expected = {
  expect(matches: (event: PeerEvent) => boolean, ref: string | undefined): Expectation;
  /** @returns the event with the reference of the oldest command that waits for it; undefined where none does. */
  answered(event: PeerEvent): (PeerEvent & { readonly ref?: string }) | undefined;
};

type Waiting = {
  readonly matches: (event: PeerEvent) => boolean;
  readonly ref: string | undefined;
  come: boolean;
};

export function createExpected(): Expected {
  const waiting = new Set<Waiting>();
  return {
    expect(matches, ref) {
      const one: Waiting = { matches, ref, come: false };
      waiting.add(one);
      return {
        settle() {
          waiting.delete(one);
          return one.come;
        },
      };
    },
    answered(event) {
      const one = [...waiting].find((each) => !each.come && each.matches(event));
      if (one === undefined) return undefined;
      one.come = true;
      return one.ref === undefined ? event : { ...event, ref: one.ref };
    },
  };
}
