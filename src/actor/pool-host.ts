/**
 * Gives actors that come and go a place on a bounded pool of threads, started once and used again. Actors of one file may
 * share a thread: it turns for all of them, and what ends it ends them all. A full pool says so at once: an actor that
 * waits silently for a thread looks like one that is slow.
 */
import { Piscina } from 'piscina';
import { toRecord } from '#src/domain/errors.js';
import type { ActorHandle } from './actor.js';
import type { ThreadBoot } from './boot.js';
import { beginLife, type Thread } from './life.js';
import { THREAD_LIMITS } from './thread-limits.js';

export type ActorPool = {
  /** How many more actors can be started now. */
  readonly free: number;
  /** @returns undefined when no slot is free, or the pool is closed. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the contract.
  start<Init, In, Out>(file: URL, init: Init): ActorHandle<In, Out> | undefined;
  /** Has an idle thread load this actor's code, so that the first life there begins at once. */
  warm(file: URL): void;
  /** Kills what still runs and ends every thread. */
  close(): Promise<void>;
};

type PoolOptions = {
  /** How many actors may live at once. */
  readonly slots: number;
  /** On how many threads those of one file live; each on its own unless told. */
  readonly threads?: number;
};

/** Long enough to serve the next download from warm threads, short enough to give their memory back. */
const IDLE_MS = 30_000;

export function createPool({ slots, threads = slots }: PoolOptions): ActorPool {
  const threadsOf = new Map<string, Piscina>();
  const living = new Set<Pick<ActorHandle<never, unknown>, 'exit' | 'kill'>>();
  let closed = false;
  const free = () => (closed ? 0 : slots - living.size);
  /** Each file has threads of its own: a hasher that computes holds up no request. */
  const threadsFor = (file: URL) => {
    const known = threadsOf.get(file.href) ?? newThreads(slots, threads);
    threadsOf.set(file.href, known);
    return known;
  };

  return {
    get free() {
      return free();
    },
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the contract.
    start<Init, In, Out>(file: URL, init: Init) {
      if (free() === 0) return undefined;
      const handle = beginLife<Init, In, Out>(init, (boot) => taskOn(threadsFor(file), file, boot));
      living.add(handle);
      void handle.exit.then(() => living.delete(handle));
      return handle;
    },
    warm(file: URL) {
      // Whoever is started there reports what cannot be loaded.
      threadsFor(file)
        .run(undefined, { filename: file.href })
        .catch(() => undefined);
    },
    async close() {
      closed = true;
      for (const handle of living) handle.kill('The pool is closed.');
      await Promise.all(Array.from(living, (handle) => handle.exit));
      await Promise.all(Array.from(threadsOf.values(), (some) => some.destroy()));
    },
  };
}

function newThreads(slots: number, most: number): Piscina {
  const threads = new Piscina({
    // One waits for the next life.
    minThreads: 1,
    maxThreads: most,
    // `slots` are counted by the pool, so no task ever waits for more than its thread's start.
    maxQueue: slots,
    concurrentTasksPerWorker: slots,
    loadBalancer: spreadOver(most),
    idleTimeout: IDLE_MS,
    // The default freezes a thread between tasks, and with it whatever is still closing.
    atomics: 'disabled',
    resourceLimits: THREAD_LIMITS,
  });
  // A thread that fails between lives is replaced; the user should still hear of it.
  threads.on('error', (error: unknown) => {
    process.stderr.write(`p2p: an idle thread failed: ${toRecord(error).message}\n`);
  });
  return threads;
}

type Balancer = NonNullable<NonNullable<ConstructorParameters<typeof Piscina>[0]>['loadBalancer']>;
type Used = { readonly currentUsage: number };

/** An idle thread, a new one while there are not `most`, then the one with the fewest lives. */
function spreadOver(most: number): Balancer {
  return (_, threads) => {
    const [idlest] = threads.toSorted((one, other) => livesOn(one) - livesOn(other));
    if (idlest === undefined) return null;
    return livesOn(idlest) === 0 || threads.length >= most ? idlest : null;
  };
}

/** Piscina calls a thread infinitely busy that has one task which can be ended; here that ends all that share it. */
function livesOn({ currentUsage }: Used): number {
  return currentUsage === Number.POSITIVE_INFINITY ? 1 : currentUsage;
}

function taskOn<Init>(threads: Piscina, file: URL, boot: ThreadBoot<Init>): Thread {
  const abort = new AbortController();
  const gone = threads
    .run(boot, { filename: file.href, transferList: [boot.port], signal: abort.signal })
    .then(() => undefined, toRecord);
  return { kill: () => abort.abort(), gone };
}
