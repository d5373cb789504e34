/**
 * Turns a file or directory into a manifest, reading only what is not known already. A file that changes
 * while it is read is tried again at the end: the tree is listed anew, and all that was hashed meanwhile
 * counts as known.
 */
import { basename } from 'node:path';
import { setImmediate as breathe, setTimeout } from 'node:timers/promises';
import { encodeDraft } from '#src/domain/content/draft.js';
import { type Entries, fileCount, pathOf } from '#src/domain/content/entries.js';
import { HASH_BYTES } from '#src/domain/content/hash.js';
import type { HashRun } from '#src/domain/content/hash-run.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { encodeManifest } from '#src/domain/content/manifest.js';
import { type Place, placeOf } from '#src/domain/content/place.js';
import { P2pError } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import { blake3Of } from './blake3.js';
import { hashContent } from './content-hash.js';
import { bytesLeft, plan, tooLarge } from './content-plan.js';
import { entryPaths } from './entry-paths.js';
import {
  changedSince,
  type FailedFiles,
  failedFiles,
  NONE_FAILED,
  type Promised,
} from './failed-files.js';
import type { Fingerprints } from './fingerprints.js';
import { modifiedMs, newestChangeMs } from './fingerprints.js';
import type { RuleSource } from './ignore-rules.js';
import type { Hashed } from './known-content.js';
import { reuseHashes } from './known-content.js';
import type { Tree } from './tree-walk.js';
import { walkTree } from './tree-walk.js';

export type IndexRun = Place & {
  /** What was known of it when it was last indexed. */
  readonly known: Hashed | undefined;
  /** What is larger is not read. */
  readonly mostBytes?: number | undefined;
  /** What is left out; nothing, not even where a file in it says so, where it is not given. */
  readonly rules?: RuleSource | undefined;
  /** How many are named of what is skipped. */
  readonly mostNamed?: number | undefined;
  /** Whom it is for knows of it: a file that cannot be had is left out and told, where it would fail all otherwise. */
  readonly promised?: Promised | undefined;
  /** What its draft lists, where that is here. */
  readonly offered?: Entries | undefined;
  readonly signal: AbortSignal;
  /** @param doneBytes hashed or known of `bytes` in all. */
  readonly onProgress: (doneBytes: number, bytes: number) => void;
  /** Somebody waits for it before all is hashed. */
  readonly drafting?: Drafting;
};

export type Drafting = {
  readonly offer: OfferId;
  /** All is listed. @param looks as they will be checked when it is read */
  readonly drafted: (draft: Manifest, looks: Fingerprints, tree: Tree) => Promise<void>;
  /** Hashes of the draft's chunks, as they are known; told after `drafted`. */
  readonly hashed: (run: HashRun) => void;
};

export type Indexed = {
  readonly manifest: Manifest;
  readonly looks: Fingerprints;
  readonly tree: Tree;
  readonly readBytes: number;
} & FailedFiles;

/** A file that changed under us is tried so many times more; then it is told by name. */
const RETRIES = 2;

/** Where files are left out, more may begin to change; a tree in which that goes on is being written. */
const MOST_ROUNDS = 10;

/** Linux notes times by a clock that ticks every 10 ms at worst; twice that. */
const TICK_MS = 20;

type Round = {
  readonly tree: Tree;
  readonly content: Hashed;
  /** Paths of files that changed while they were read. */
  readonly changed: readonly string[];
  readonly readBytes: number;
};

/**
 * @throws P2pError as `walkTree` says, `changed` where a file does not hold still, unless it may be left out; the signal's
 * reason.
 */
export async function indexContent(run: IndexRun): Promise<Indexed> {
  const leaveOut = new Set<string>();
  let { known } = run;
  if (run.promised?.mustHold === true && known !== undefined) {
    leave(changedSince(known, (await listed(run, leaveOut)).content), run, leaveOut);
  }
  let promised = run.offered ?? (run.promised?.isKnown === true ? known?.entries : undefined);
  let readBytes = 0;
  for (let rounds = 1; ; rounds += 1) {
    const round = await hashRound(run, known, leaveOut, rounds === 1 ? run.drafting : undefined);
    const { tree, content, changed } = round;
    readBytes += round.readBytes;
    promised ??= content.entries;
    known = content;
    const [name] = changed;
    if (name === undefined) {
      requireSome(content, leaveOut, run);
      const failing = run.promised && failedFiles(content.entries, promised, failedBefore(run));
      return { ...(await encoded(round)), tree, readBytes, ...(failing ?? NONE_FAILED) };
    }
    if (rounds === MOST_ROUNDS || (rounds > RETRIES && tree.kind === 'file'))
      throw changedError(name, run);
    if (rounds > RETRIES) leave(changed, run, leaveOut);
  }
}

/** The draft names them too, where it is here. */
function failedBefore({ offered, promised }: IndexRun): readonly string[] {
  return offered === undefined ? (promised?.failed ?? []) : [];
}

/** @throws P2pError `changed` where no file is left. */
function requireSome({ entries }: Hashed, leaveOut: ReadonlySet<string>, run: IndexRun): void {
  const [name] = leaveOut;
  if (name !== undefined && fileCount(entries) === 0) throw changedError(name, run);
}

async function encoded({ tree, content }: Round): Promise<Pick<Indexed, 'manifest' | 'looks'>> {
  await breathe();
  const { entries, layout, chunkHashes, looks } = content;
  return { manifest: encodeManifest(tree.kind, entries, layout, chunkHashes, blake3Of), looks };
}

/** @throws P2pError `changed` where all of it is wanted, or nothing else of it was promised */
function leave(names: readonly string[], run: IndexRun, leaveOut: Set<string>): void {
  const [name] = names;
  if (name === undefined) return;
  if (run.promised === undefined || name === '') throw changedError(name, run);
  for (const one of names) leaveOut.add(one);
}

/** Lists it, and hashes what is not known. */
async function hashRound(
  run: IndexRun,
  known: Hashed | undefined,
  leaveOut: ReadonlySet<string>,
  drafting: Drafting | undefined,
): Promise<Round> {
  const { tree, content } = await listed(run, leaveOut);
  const { layout } = content;
  const done = known === undefined ? new Uint8Array(layout.chunks) : reuseHashes(content, known);
  if (drafting !== undefined) await beginDraft(tree, content, done, drafting);
  const toRead = bytesLeft(content, done);
  if (toRead > 0) await settle(tree, run.signal);
  let readBytes = 0;
  const report = () => run.onProgress(layout.totalBytes - toRead + readBytes, layout.totalBytes);
  report();
  const onRead = (bytes: number) => {
    readBytes += bytes;
    report();
  };
  const changed = await hashContent(content, done, {
    pathIn: entryPaths(run),
    signal: run.signal,
    onRead,
    ...(drafting && { onHashed: tellingHashes(content, drafting) }),
  });
  const names = changed.map((entry) => pathOf(content.entries, entry));
  return { tree, content, changed: names, readBytes };
}

/** @throws P2pError as `walkTree` says */
async function listed(
  run: IndexRun,
  leaveOut: ReadonlySet<string>,
): Promise<Pick<Round, 'tree' | 'content'>> {
  const { signal, rules, mostNamed, mostBytes } = run;
  const tree = await walkTree(placeOf(run), signal, { rules, mostNamed, leaveOut });
  const content = plan(tree);
  if (content.layout.totalBytes > (mostBytes ?? Number.POSITIVE_INFINITY))
    throw tooLarge('to be read for this');
  // Each step takes a second or two for a million files; a thread that is silent for longer is killed.
  await breathe();
  return { tree, content };
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
  const draft = encodeDraft({ kind, entries, layout, hints, offer }, blake3Of);
  await drafting.drafted(draft, looks, tree);
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

/**
 * A clock tick of the file system has to pass between the last change of a file and its reading, or a change
 * right behind the reading could leave the very same times.
 */
async function settle(tree: Tree, signal: AbortSignal): Promise<void> {
  const ageMs = Date.now() - newestChangeMs(tree.looks);
  if (ageMs < TICK_MS) await setTimeout(TICK_MS - Math.max(ageMs, 0), undefined, { signal });
}

/** What is shared is looked at again by itself. */
function changedError(path: string, { promised, path: root }: IndexRun): P2pError {
  const name = printable(path === '' ? basename(root) : path);
  const then =
    promised === undefined
      ? 'it is shared once it holds still.'
      : '`send` it again once nothing writes to it';
  return new P2pError('changed', `${name} changes while it is read; ${then}`);
}
