/**
 * Turns a file or directory into a manifest, reading only what is not known already. A file that changes
 * while it is read is tried again at the end: the tree is listed anew, and all that was hashed meanwhile
 * counts as known.
 */
import { setImmediate as breathe, setTimeout } from 'node:timers/promises';
import { chunkBytesFor } from '#src/domain/chunk-size.js';
import { encodeDraft } from '#src/domain/draft.js';
import { encodeEntries, pathOf, sizeOf } from '#src/domain/entries.js';
import { P2pError } from '#src/domain/errors.js';
import { HASH_BYTES } from '#src/domain/hash.js';
import type { HashRun } from '#src/domain/hash-run.js';
import { chunkLength, layoutOf } from '#src/domain/layout.js';
import { LIMITS } from '#src/domain/limits.js';
import type { Manifest } from '#src/domain/manifest.js';
import { encodeManifest } from '#src/domain/manifest.js';
import { printable } from '#src/domain/printable.js';
import type { OfferId } from '#src/domain/send-offer.js';
import { blake3Of } from './blake3.js';
import { hashContent } from './content-hash.js';
import type { Fingerprints } from './fingerprints.js';
import { copyLook, LOOK_VALUES, modifiedMs, newestChangeMs } from './fingerprints.js';
import type { RuleSource } from './ignore-rules.js';
import type { Hashed } from './known-content.js';
import { reuseHashes } from './known-content.js';
import type { Tree } from './tree-walk.js';
import { walkTree } from './tree-walk.js';

export type IndexRun = {
  readonly path: string;
  /** What was known of it when it was last indexed. */
  readonly known: Hashed | undefined;
  /** What is larger is not read. */
  readonly mostBytes?: number | undefined;
  /** What is left out; nothing, not even where a file in it says so, where it is not given. */
  readonly rules?: RuleSource | undefined;
  readonly signal: AbortSignal;
  /** @param doneBytes hashed or known of `bytes` in all. */
  readonly onProgress: (doneBytes: number, bytes: number) => void;
  /** Somebody waits for it before all is hashed. */
  readonly drafting?: Drafting;
};

export type Drafting = {
  readonly offer: OfferId;
  /** All is listed. @param looks as they will be checked when it is read */
  readonly drafted: (draft: Manifest, looks: Fingerprints) => Promise<void>;
  /** Hashes of the draft's chunks, as they are known; told after `drafted`. */
  readonly hashed: (run: HashRun) => void;
};

export type Indexed = {
  readonly manifest: Manifest;
  readonly looks: Fingerprints;
  readonly tree: Tree;
  readonly readBytes: number;
};

/** A file that changed under us is tried so many times more; then it is told by name. */
const RETRIES = 2;

/** Linux notes times by a clock that ticks every 10 ms at worst; twice that. */
const TICK_MS = 20;

/** @throws P2pError as `walkTree` says, `changed` where a file does not hold still; the signal's reason. */
export async function indexContent(run: IndexRun): Promise<Indexed> {
  let known = run.known;
  let readBytes = 0;
  for (let attempt = 0; ; attempt += 1) {
    const tree = await walkTree(run.path, run.signal, run.rules);
    const content = plan(tree);
    if (content.layout.totalBytes > (run.mostBytes ?? Number.POSITIVE_INFINITY))
      throw tooLarge('to be read for this');
    // Each step takes a second or two for a million files; a thread that is silent for longer is killed.
    await breathe();
    const { entries, layout, chunkHashes } = content;
    const done = known === undefined ? new Uint8Array(layout.chunks) : reuseHashes(content, known);
    // What is listed anew after a change is another draft.
    const drafting = attempt === 0 ? run.drafting : undefined;
    if (drafting !== undefined) await beginDraft(tree, content, done, drafting);
    const toRead = bytesLeft(content, done);
    if (toRead > 0) await settle(tree, run.signal);
    let doneBytes = layout.totalBytes - toRead;
    run.onProgress(doneBytes, layout.totalBytes);
    const onRead = (bytes: number) => {
      readBytes += bytes;
      doneBytes += bytes;
      run.onProgress(doneBytes, layout.totalBytes);
    };
    const changed = await hashContent(content, done, {
      root: run.path,
      signal: run.signal,
      onRead,
      ...(drafting && { onHashed: tellingHashes(content, drafting) }),
    });
    if (changed === undefined) {
      await breathe();
      const manifest = encodeManifest(tree.kind, entries, layout, chunkHashes, blake3Of);
      return { manifest, looks: content.looks, tree, readBytes };
    }
    if (attempt === RETRIES) throw changedError(pathOf(entries, changed));
    known = content;
  }
}

async function beginDraft(
  tree: Tree,
  content: Hashed,
  done: Uint8Array,
  drafting: Drafting,
): Promise<void> {
  const { entries, layout, looks } = content;
  const hints = tree.found.map(({ look, isExecutable }) => ({
    modifiedMs: look === undefined ? 0 : modifiedMs(tree.looks, look),
    isExecutable,
  }));
  const { kind } = tree;
  const { offer } = drafting;
  await drafting.drafted(encodeDraft({ kind, entries, layout, hints, offer }, blake3Of), looks);
  const tell = tellingHashes(content, drafting);
  for (let first = done.indexOf(1); first !== -1; ) {
    const next = done.indexOf(0, first);
    const end = next === -1 ? done.length : next;
    tell(first, end - first);
    first = done.indexOf(1, end);
  }
}

function tellingHashes({ chunkHashes }: Hashed, { hashed }: Drafting) {
  return (first: number, count: number) => {
    const hashes = chunkHashes.slice(first * HASH_BYTES, (first + count) * HASH_BYTES);
    hashed({ first, hashes });
  };
}

/** Everything about a content but its hashes. */
function plan(tree: Tree): Hashed {
  const entries = encodeEntries(tree.found);
  const looks = new BigUint64Array(entries.count * LOOK_VALUES);
  let totalBytes = 0;
  for (const [entry, { look, bytes }] of tree.found.entries()) {
    if (look !== undefined) copyLook(looks, entry, tree.looks, look);
    totalBytes += bytes;
  }
  if (totalBytes > LIMITS.chunks * LIMITS.chunkBytes) {
    throw tooLarge('to share: 16 TiB are the most');
  }
  const layout = layoutOf(entries, chunkBytesFor(totalBytes), blake3Of);
  return { entries, layout, looks, chunkHashes: new Uint8Array(layout.chunks * HASH_BYTES) };
}

function bytesLeft({ layout, entries }: Hashed, done: Uint8Array): number {
  let bytes = 0;
  for (const [position, entry] of layout.largeEntries.entries()) {
    if (done[layout.largeFirst[position] ?? 0] !== 1) bytes += sizeOf(entries, entry);
  }
  for (let chunk = layout.largeChunks; chunk < layout.chunks; chunk += 1) {
    if (done[chunk] !== 1) bytes += chunkLength(layout, entries, chunk);
  }
  return bytes;
}

/**
 * A clock tick of the file system has to pass between the last change of a file and its reading, or a change
 * right behind the reading could leave the very same times.
 */
async function settle(tree: Tree, signal: AbortSignal): Promise<void> {
  const ageMs = Date.now() - newestChangeMs(tree.looks);
  if (ageMs < TICK_MS) await setTimeout(TICK_MS - Math.max(ageMs, 0), undefined, { signal });
}

function tooLarge(forWhat: string): P2pError {
  return new P2pError('too-large', `This is too large ${forWhat}.`);
}

function changedError(path: string): P2pError {
  const name = path === '' ? 'it' : printable(path);
  return new P2pError(
    'changed',
    `${name} changes while it is read; it is shared once it holds still.`,
  );
}
