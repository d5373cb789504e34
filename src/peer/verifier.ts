/** Has staged chunks hashed on the spot by the hasher, and survives its restarts. */
import type { ChunkIndex, ContentId } from '#src/domain/ids.js';
import { P2pError } from '#src/domain/errors.js';
import type * as Hasher from '#workers/hasher.js';
import type { Crew } from './crew.js';

type Verification = {
  readonly order: Extract<Hasher.In, { type: 'verify' }>;
  readonly resolve: (good: readonly ChunkIndex[]) => void;
  readonly reject: (error: Error) => void;
};

/** Jobs of shares count up from 1, those of downloads down from -1: both speak to one hasher. */
let lastJob = 0;

export class Verifier {
  readonly #crew: Crew;
  readonly #running = new Map<number, Verification>();

  constructor(crew: Crew) {
    this.#crew = crew;
  }

  /** @returns those of the chunks that are what the manifest says. */
  verify(
    id: ContentId,
    staging: string,
    chunks: readonly ChunkIndex[],
  ): Promise<readonly ChunkIndex[]> {
    lastJob -= 1;
    const order = { type: 'verify', job: lastJob, id, staging, chunks } as const;
    return new Promise((resolve, reject) => {
      this.#running.set(order.job, { order, resolve, reject });
      this.#crew.send('hasher', order);
    });
  }

  hear(said: Hasher.Out): void {
    const running = this.#running.get(said.job);
    if (running === undefined) return;
    if (said.type === 'verified') running.resolve(said.good);
    else if (said.type === 'job-failed') running.reject(new P2pError('io', said.error.message));
    else return;
    this.#running.delete(said.job);
  }

  hasherRestarted(): void {
    for (const { order } of this.#running.values()) this.#crew.send('hasher', order);
  }
}
