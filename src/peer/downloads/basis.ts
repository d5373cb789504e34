/**
 * What lies here that a download may share bytes with, its basis: what stands at its target already, and what is whole here
 * under the same name. It is only a guess, and its bytes are proven as those of any source are.
 */
import { lstat, rm } from 'node:fs/promises';
import type { Manifest } from '#src/domain/content/manifest.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import type { Known } from '#src/io/content/index-job.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import { missingAs } from '#src/io/disk/missing.js';
import { fingerprintsOf } from '#src/peer/shares/share-paths.js';
import type { Surroundings } from './surroundings.js';

type Around = Pick<Surroundings, 'similar' | 'knowsOf'>;

/** Something here, as it is now. */
export type Basis = {
  readonly id: ContentId;
  readonly path: string;
  readonly fingerprints: string;
  readonly manifest: Manifest;
};

export type Place = { readonly path: string; readonly known: Known | undefined };

/** The one at the target and the newest version elsewhere; each more costs its reading and seldom has what they lack. */
const MOST = 2;

/** What is much larger than what is wanted costs more to read than it brings. */
const LARGER = 4;
const LARGER_BYTES = 64 * MiB;

/** @returns where to look: what is at the target first, then what is known last. */
export async function basisPlaces(
  record: DownloadRecord,
  around: Around,
): Promise<readonly Place[]> {
  const found = await shownTo(record.from, around.similar(record.name, record.id), around);
  const known = (path: string) => found.find((one) => one.path === path)?.known;
  const { target } = record;
  const isThere = (await lstat(target).catch(missingAs(undefined))) !== undefined;
  const mayShow = record.from === undefined || known(target) !== undefined;
  const places = [
    ...(isThere && mayShow ? [{ path: target, known: known(target) }] : []),
    ...found.filter(({ path }) => path !== target).toReversed(),
  ];
  return places.slice(0, MOST);
}

/** A sender sees what is not asked for: of what he does not know to be here, nothing is used. */
async function shownTo(
  sender: PeerId | undefined,
  found: ReturnType<Around['similar']>,
  { knowsOf }: Pick<Around, 'knowsOf'>,
): Promise<ReturnType<Around['similar']>> {
  if (sender === undefined) return found;
  const isKnown = await Promise.all(found.map(({ known }) => knowsOf(sender, known.id)));
  return found.filter((_, at) => isKnown[at]);
}

/**
 * Runs `use` with what lies there, read where it is not known as it is.
 * @throws P2pError where there is nothing, it is too large, or cannot be read
 */
export async function withBasis(
  { path, known }: Place,
  wanted: Manifest,
  around: Surroundings,
  signal: AbortSignal,
  use: (basis: Basis) => Promise<void>,
): Promise<void> {
  const { home, hasherJobs, manifests } = around;
  // Its own: what a share or a received content remembers is not ours to change.
  const fingerprints = `${fingerprintsOf(home, path)}.basis`;
  const mostBytes = LARGER * wanted.bytes + LARGER_BYTES;
  try {
    const { id } = await hasherJobs.index(path, fingerprints, known, { mostBytes, signal });
    const manifest = await manifests.read(id);
    if (manifest !== undefined) await use({ id, path, fingerprints, manifest });
  } finally {
    await rm(fingerprints, { force: true });
  }
}
