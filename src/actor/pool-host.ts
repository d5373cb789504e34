/**
 * Gives actors that come and go a thread from a bounded pool, started once and used again. A full pool says
 * so at once: an actor that waits silently for a thread looks like one that is slow.
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
  /** @returns undefined when no thread is free, or the pool is closed. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the contract.
  start<Init, In, Out>(file: URL, init: Init): ActorHandle<In, Out> | undefined;
  /** Has an idle thread load this actor's code, so that the first life there begins at once. */
  warm(file: URL): void;
  /** Kills what still runs and ends every thread. */
  close(): Promise<void>;
};

/** Long enough to serve the next download from warm threads, short enough to give their memory back. */
const IDLE_MS = 30_000;

/** One that hashes, and one that waits for the first download. */
const KEPT_THREADS = 2;

/** @param options.slots how many actors may live at once, each on a thread of its own. */
export function createPool(options: { readonly slots: number }): ActorPool {
  const threads = newThreads(options.slots);
  const living = new Set<Pick<ActorHandle<never, unknown>, 'exit' | 'kill'>>();
  let closed = false;
  const free = () => (closed ? 0 : options.slots - living.size);

  return {
    get free() {
      return free();
    },
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the contract.
    start<Init, In, Out>(file: URL, init: Init) {
      if (free() === 0) return undefined;
      const handle = beginLife<Init, In, Out>(init, (boot) => taskOn(threads, file, boot));
      living.add(handle);
      void handle.exit.then(() => living.delete(handle));
      return handle;
    },
    warm(file: URL) {
      // Whoever is started there reports what cannot be loaded.
      threads.run(undefined, { filename: file.href }).catch(() => undefined);
    },
    async close() {
      closed = true;
      for (const handle of living) handle.kill('The pool is closed.');
      await Promise.all(Array.from(living, (handle) => handle.exit));
      await threads.destroy();
    },
  };
}

function newThreads(slots: number): Piscina {
  const threads = new Piscina({
    minThreads: Math.min(KEPT_THREADS, slots),
    maxThreads: slots,
    // `slots` are counted by the pool, so no task ever waits for more than its thread's start.
    maxQueue: slots,
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

function taskOn<Init>(threads: Piscina, file: URL, boot: ThreadBoot<Init>): Thread {
  const abort = new AbortController();
  const gone = threads
    .run(boot, { filename: file.href, transferList: [boot.port], signal: abort.signal })
    .then(() => undefined, toRecord);
  return { kill: () => abort.abort(), gone };
}
