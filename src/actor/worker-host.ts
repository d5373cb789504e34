/** Gives an actor a thread of its own: for the permanent ones, which must never wait for a free one. */
import { Worker } from 'node:worker_threads';
import { type ErrorRecord, toRecord } from '#src/domain/errors.js';
import type { ActorHandle } from './actor.js';
import { OWN_THREAD, type OwnThread } from './boot.js';
import { beginLife, type Thread } from './life.js';
import { THREAD_LIMITS } from './thread-limits.js';

/**
 * @param file a module whose default export is `inThread(actor)`; see `threadFile`.
 * @throws when `init` cannot be cloned.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the contract.
export function startOnWorker<Init, In, Out>(
  file: URL,
  init: Init,
  options: { readonly name: string },
): ActorHandle<In, Out> {
  return beginLife<Init, In, Out>(init, (boot) => {
    const workerData: OwnThread<Init> = { home: OWN_THREAD, boot };
    const worker = new Worker(file, {
      name: options.name,
      workerData,
      transferList: [boot.port],
      resourceLimits: THREAD_LIMITS,
      stdout: true,
    });
    // What it prints while it loads; afterwards it keeps to stderr by itself.
    worker.stdout.on('data', (chunk: Uint8Array) => process.stderr.write(chunk));
    return { kill: () => void worker.terminate(), gone: goneFrom(worker) };
  });
}

function goneFrom(worker: Worker): Thread['gone'] {
  return new Promise((resolve) => {
    let error: ErrorRecord | undefined;
    worker.on('error', (thrown: unknown) => {
      error = toRecord(thrown);
    });
    worker.once('exit', () => resolve(error));
  });
}
