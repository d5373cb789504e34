/** A supervision tree as data, in Erlang/OTP's words (supervisor(3)): what runs, in what order, under what rule. */

/** Restarted always; unless it ended normally; never. */
export type Restart = 'permanent' | 'transient' | 'temporary';

export type Child = {
  readonly name: string;
  readonly restart: Restart;
  /** How long it may flush when asked to stop, before it is killed. */
  readonly shutdownMs: number;
  /** Nothing rests on it: where it fails too often the others go on without it. */
  readonly isDispensable?: true;
};

export type Group = {
  /**
   * What one child's failure means for its group: nothing, or that those started after it rest on what is
   * lost, and are stopped and started again with it.
   */
  readonly strategy: 'one-for-one' | 'rest-for-one';
  /** In start order; stopped in reverse. */
  readonly children: readonly Child[];
};

export type Tree = { readonly groups: readonly Group[] };

/**
 * Five restarts of one actor within 30 s are bad luck, a sixth is a fault that restarting does not mend.
 * Back-off before the 1st to 5th: a single crash is mended at once, a busy port gets time to come free.
 */
export const INTENSITY = { backOffMs: [0, 100, 200, 400, 800], withinMs: 30_000 } as const;

/** A thread starts in 0.1 s; thirty seconds let a machine that swaps get there too. */
export const START_MS = 30_000;
