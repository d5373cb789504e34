/**
 * Brings into a staged download what another version of it here has in common with it, before anything is fetched. First
 * what both manifests name; then, where much is lacking still, what an insertion has shifted, by the list of segments
 * that a source gives. All of it is done by the hasher; nothing depends on it, for what is not brought is fetched.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Subject, timer } from 'rxjs';
import type { ChunkSet } from '#src/domain/content/chunk-set.js';
import { chunkLength } from '#src/domain/content/layout.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { MiB } from '#src/domain/limits.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import { type Basis, basisPlaces, type Place, withBasis } from './basis.js';
import type { Surroundings } from './surroundings.js';

/** Less is fetched sooner than a list is made at the other end. */
const WORTH_BYTES = 4 * MiB;

/** The list is made while our own is: this much longer may it take, and as long again as ours did. */
const PATIENCE_MS = 5000;

/** How long a sender may take to hash what he sends: as a slow disk is read. Then it is fetched while he does. */
const SEALED_MS = 10_000;
const SEALED_BYTES_PER_MS = (64 * MiB) / 1000;

export type DeltaOptions = {
  readonly record: DownloadRecord;
  readonly around: Surroundings;
  /** Asks the sources for the list. @returns the file it is in, undefined where none has it before `stop` emits. */
  readonly search: (stop: Subject<void>) => Promise<string | undefined>;
  /** Aborted when the download ends. */
  readonly signal: AbortSignal;
};

export class Delta {
  readonly #with: DeltaOptions;
  /** Asked for once, for all that it is compared with. */
  #searching: Promise<string | undefined> | undefined;
  readonly #stop = new Subject<void>();

  constructor(options: DeltaOptions) {
    this.#with = options;
  }

  /** Adds to `have` what it brings. */
  async bring(wanted: Manifest, have: ChunkSet): Promise<void> {
    const { record, around } = this.#with;
    if (!around.home.settings.transfer.delta) return;
    const places = await basisPlaces(record, around);
    if (places.length === 0) return;
    if (record.isDraft === true) return this.#awaitSealed(wanted);
    await this.#bringFrom(places, wanted, have);
  }

  /** Its hashes are not known yet, and most of it is here perhaps: it ends as soon as its sender knows them. */
  async #awaitSealed({ bytes }: Manifest): Promise<void> {
    const ms = SEALED_MS + bytes / SEALED_BYTES_PER_MS;
    await setTimeout(ms, undefined, { signal: this.#with.signal, ref: false }).catch(
      () => undefined,
    );
  }

  async #bringFrom(places: readonly Place[], wanted: Manifest, have: ChunkSet): Promise<void> {
    const { around, signal } = this.#with;
    const stop = () => this.#stop.next();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for (const place of places) {
        if (have.isFull || signal.aborted) return;
        await withBasis(place, wanted, around, signal, (basis) => this.#copy(wanted, have, basis))
          // It is gone, does not hold still, or our disk refuses: then the fetching says so, or does without.
          .catch(() => undefined);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      await this.#forgetList();
    }
  }

  async #copy(wanted: Manifest, have: ChunkSet, basis: Basis): Promise<void> {
    const { record, around, signal } = this.#with;
    const { id, staging } = record;
    const job = () => ({ id, staging, have: have.toRanges(), basis });
    for (const index of await around.hasherJobs.copy(job(), signal)) have.add(index);
    if (lackingBytes(wanted, have) < WORTH_BYTES || basis.manifest.layout.largeChunks === 0) return;
    const lists = await this.#lists(wanted, basis);
    if (lists === undefined) return;
    try {
      const copied = await around.hasherJobs.copy({ ...job(), lists }, signal);
      for (const index of copied) have.add(index);
    } finally {
      await rm(lists.basis, { force: true });
    }
  }

  /** Both ends cut at the same time. */
  async #lists(wanted: Manifest, { id, path, fingerprints }: Basis) {
    const { around, signal } = this.#with;
    this.#searching ??= this.#with.search(this.#stop);
    const inVain = new AbortController();
    void this.#searching.then((heard) => heard === undefined && inVain.abort());
    const either = AbortSignal.any([signal, inVain.signal]);
    const file = join(around.home.folders.segments, `${wanted.id}.basis`);
    const source = { kind: 'share', path, fingerprints } as const;
    const startedAt = performance.now();
    await around.hasherJobs.cut({ id, source, likeBytes: wanted.bytes, file }, either);
    const patienceMs = PATIENCE_MS + performance.now() - startedAt;
    const late = timer(patienceMs).subscribe(() => this.#stop.next());
    const heard = await this.#searching;
    late.unsubscribe();
    return heard === undefined ? undefined : { wanted: heard, basis: file };
  }

  /** Nobody waits for it any more; what was heard is of no use later. */
  async #forgetList(): Promise<void> {
    this.#stop.next();
    const heard = await this.#searching;
    if (heard !== undefined) await rm(heard, { force: true });
  }
}

/** Of large files: what else is lacking no list helps to find. */
function lackingBytes({ layout, entries }: Manifest, have: ChunkSet): number {
  let bytes = 0;
  for (let index = 0; index < layout.largeChunks; index += 1) {
    if (!have.has(index)) bytes += chunkLength(layout, entries, index);
  }
  return bytes;
}
