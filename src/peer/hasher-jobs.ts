/** Single jobs for the hasher that belong to no share: checking what was downloaded. Survives its restarts. */
import type { ContentSource } from '#src/domain/content-source.js';
import { P2pError } from '#src/domain/errors.js';
import type { ChunkIndex, ContentId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send-offer.js';
import type * as Hasher from '#workers/hasher.js';
import type { Crew } from './crew.js';

type Order = Extract<Hasher.In, { readonly job: number }>;
type Answer = Extract<Hasher.Out, { type: 'indexed' | 'verified' }>;

/** Somebody who wants to know of a content before all of it is hashed. */
export type Drafting = {
  readonly offer: OfferId;
  /** The file for how the draft's files looked. */
  readonly fingerprints: string;
  /** `drafted` first; once more where the hasher began a new life. */
  readonly hear: (said: Extract<Hasher.Out, { type: 'drafted' | 'hashed' }>) => void;
};

type Job = {
  readonly order: Order;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly hear?: Drafting['hear'];
};

export class HasherJobs {
  readonly #crew: Crew;
  readonly #running = new Map<number, Job>();
  /** Jobs of shares count up from 1, these down from -1: both speak to one hasher. */
  #last = 0;

  constructor(crew: Crew) {
    this.#crew = crew;
  }

  /** @returns those of the staged chunks that are what the manifest says. */
  async verify(
    id: ContentId,
    staging: string,
    chunks: readonly ChunkIndex[],
  ): Promise<readonly ChunkIndex[]> {
    const answer = await this.#run({ type: 'verify', job: this.#next(), id, staging, chunks });
    return answer.type === 'verified' ? answer.good : [];
  }

  /** Copies chunks held elsewhere on this machine into a staged download. @returns those that were good. */
  async adopt(
    id: ContentId,
    staging: string,
    source: ContentSource,
    chunks: readonly ChunkIndex[],
  ): Promise<readonly ChunkIndex[]> {
    const answer = await this.#run({
      type: 'adopt',
      job: this.#next(),
      id,
      staging,
      source,
      chunks,
    });
    return answer.type === 'verified' ? answer.good : [];
  }

  /** @returns the content id of what lies at `path` now; reads nothing that still looks as known. */
  async identify(path: string, fingerprints: string, known?: Hasher.Known): Promise<ContentId> {
    return (await this.index(path, fingerprints, known)).id;
  }

  /** Hashes what lies at `path`, and notes how it looks in `fingerprints`. @throws P2pError as the hasher says */
  async index(
    path: string,
    fingerprints: string,
    known?: Hasher.Known,
    drafting?: Drafting,
  ): Promise<Extract<Answer, { type: 'indexed' }>> {
    const order = {
      type: 'index',
      job: this.#next(),
      path,
      fingerprints,
      ...(known && { known }),
      ...(drafting && {
        draft: { offer: drafting.offer, fingerprints: drafting.fingerprints },
      }),
    } as const;
    const answer = await this.#run(order, drafting?.hear);
    if (answer.type !== 'indexed') throw new Error('a job to index was answered by another one');
    return answer;
  }

  hear(said: Hasher.Out): void {
    const job = this.#running.get(said.job);
    if (job === undefined || said.type === 'progress') return;
    if (said.type === 'drafted' || said.type === 'hashed') return job.hear?.(said);
    this.#running.delete(said.job);
    if (said.type === 'job-failed') job.reject(new P2pError('io', said.error.message));
    else job.resolve(said);
  }

  hasherRestarted(): void {
    for (const { order } of this.#running.values()) this.#crew.send('hasher', order);
  }

  #next(): number {
    this.#last -= 1;
    return this.#last;
  }

  #run(order: Order, hear?: Drafting['hear']): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#running.set(order.job, { order, resolve, reject, ...(hear && { hear }) });
      this.#crew.send('hasher', order);
    });
  }
}
