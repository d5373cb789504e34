/** Datagrams that came to nothing at the port where we listen, counted for people. */
export type Strays = {
  /** No packet of ours, or one whose header was damaged. */
  strangers: number;
  /** For a connection that is not here; first words that make no sense, or bring a token that is not good. */
  unknown: number;
  /** For a connection, which could make nothing of it: counted when that is over. */
  ignored: number;
  /** For a connection, with damaged data: counted when that is over. */
  damaged: number;
  /** Ours, which the system did not send. */
  unsent: number;
};

export function newStrays(): Strays {
  return { strangers: 0, unknown: 0, ignored: 0, damaged: 0, unsent: 0 };
}

/** Counts `more` as well. */
export function addStrays(all: Strays, more: Readonly<Strays>): void {
  for (const key of KEYS) all[key] += more[key];
}

export function strayCount(strays: Readonly<Strays>): number {
  return KEYS.reduce((sum, key) => sum + strays[key], 0);
}

const KEYS = ['strangers', 'unknown', 'ignored', 'damaged', 'unsent'] as const;
