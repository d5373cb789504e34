/** One running download with those who wait for it: what is told and held of it from its start to its end. */

import { fileCount } from '#src/domain/content/entries.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { WholeFiles } from '#src/domain/content/whole-files.js';
import { type ErrorRecord, toRecord } from '#src/domain/errors.js';
import type { Standstill } from '#src/domain/send/standstill.js';
import { type Priority, transferIdOf } from '#src/domain/send/transfer.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import type { DownloadResult } from '#src/peer/api.js';
import type { DownloadFailure, PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';
import type { Neighbours } from '#src/peer/network/neighbours.js';
import type { Givers } from '#src/peer/sends/givers.js';
import type { Library } from '#src/peer/shares/library.js';
import type { TransferEvent, TransferRow } from '#src/peer/transfer-rows.js';
import type { Asker, Askers } from './askers.js';
import type { DownloadNews } from './download-news.js';
import type { EndedRow } from './ended-transfers.js';
import { shownState } from './held-back.js';
import type { Received } from './received.js';
import type { Wish } from './request-slots.js';
import type { RunningDownload } from './running-download.js';
import type { StagedBefore } from './staged-before.js';
import type { Unfinished } from './unfinished.js';

export type Entry = {
  readonly running: RunningDownload;
  readonly askers: Askers;
  slots: number;
  priority: Priority;
  /** By the word of its user. */
  isPaused: boolean;
  /** Why its sender gives nothing of it for now, where he does not. */
  standstill: Standstill | undefined;
  /** What an earlier run left of it, where that is known before it is looked at. */
  readonly before?: StagedBefore | undefined;
  /** Known once its manifest is here. */
  files?: WholeFiles;
  /** It is in its place and being noted: nothing of it is to be given up any more. */
  completing?: Promise<void>;
};

export type News<T extends DownloadNews['type']> = Extract<DownloadNews, { type: T }>;

export type EntrySurroundings = {
  readonly home: Home;
  readonly library: Library;
  readonly neighbours: Neighbours;
  readonly received: Received;
  readonly tell: (event: PeerEvent) => void;
};

export function started(entry: Entry, manifest: Manifest, around: EntrySurroundings): void {
  // The holding follows once the machine knows what is here.
  queueMicrotask(() => {
    const { record, have } = entry.running;
    const { bytes, layout, entries } = manifest;
    entry.files = new WholeFiles(layout, entries, have);
    holdPartial(record, manifest, have.toRanges(), around);
    if (entry.running.state === 'paused') return;
    tellStarted(entry, { bytes, chunks: layout.chunks }, around);
  });
}

/** How many requests it could do with: one for each of whom it may ask, within the setting. */
export function wishOf(
  { running: { record, state, asked }, priority }: Entry,
  {
    home,
    neighbours,
    givers,
  }: Pick<EntrySurroundings, 'home' | 'neighbours'> & { readonly givers: Givers },
): Wish {
  const holders = neighbours.directory.holders(record.id).keys();
  // Whoever lists it no more, or lost his link, may bring what he was asked for all the same.
  const askable = new Set([...holders, ...givers.of(record.id), ...asked]).size;
  const { maxSources } = home.settings.transfer;
  return { priority, slots: state === 'paused' ? 0 : Math.min(maxSources, askable) };
}

/** Of what does not run any more. */
const STILL = { direction: 'down', bytesPerSecond: 0, etaMs: null, sources: 0 } as const;

/** How it is now. */
export function rowOf(entry: Entry): TransferRow {
  const { running, priority, files, standstill, before } = entry;
  const { record, sources } = running;
  const state = shownState(entry);
  const { chunks, doneBytes, bytes, bytesPerSecond, etaMs } = running.progress;
  const pace = state === 'running' ? { bytesPerSecond, etaMs } : { bytesPerSecond: 0, etaMs: null };
  return {
    ...unfinishedRow(record, priority),
    state,
    bytes: chunks === 0 ? (before?.bytes ?? 0) : doneBytes,
    ...(chunks === 0 ? before && { totalBytes: before.totalBytes } : { totalBytes: bytes }),
    ...pace,
    sources: sources.length,
    ...(sources.length > 0 && { from: sources.map(({ peerId }) => peerId) }),
    ...(files !== undefined && { files: files.all, filesDone: files.done }),
    ...(standstill !== undefined && { why: standstill }),
  };
}

/** As it was when it ended. @param why it failed */
export function endedRow(
  entry: Entry,
  state: EndedRow['state'],
  why?: Pick<ErrorRecord, 'code' | 'message'>,
): EndedRow {
  const { why: _, from: __, ...row } = rowOf(entry);
  const over = { ...STILL, state, ...(why && { why: { code: why.code, message: why.message } }) };
  return { ...row, ...over };
}

/** It ended in this run, and goes on by itself. */
export function waitingRow(entry: Entry, why: Standstill): TransferRow {
  const { from: _, ...row } = rowOf(entry);
  return { ...row, ...STILL, state: 'waiting', why };
}

export function completionEvent(
  { files, running }: Entry,
  { id, path, bytes, fetchedBytes, files: all, ms }: DownloadResult,
  record: DownloadRecord = running.record,
): TransferEvent {
  const { id: before, draft = before, failed = [], failedCount = 0 } = record;
  const transferId = transferIdOf(draft);
  return {
    type: 'transfer-completed',
    transferId,
    path,
    bytes,
    fetchedBytes,
    files: all ?? files?.all ?? 0,
    failed: failedCount,
    failedFiles: failed,
    ms,
    root: id,
  };
}

export function failureEvent(
  { id, draft = id, failed = [] }: DownloadRecord,
  { code, message }: ErrorRecord,
): TransferEvent {
  const transferId = transferIdOf(draft);
  return { type: 'transfer-failed', transferId, code, message, failed };
}

/** One that does not run, as long as no more is known of it than was offered. */
export function unfinishedRow(
  { id, draft = id, name, from, fromName = '', failedCount = 0, ...offered }: DownloadRecord,
  priority: Priority = 'normal',
): TransferRow {
  return {
    ...({ transferId: transferIdOf(draft), direction: 'down', state: 'paused' } as const),
    name,
    ...(offered.completes !== undefined && { completes: offered.completes }),
    id,
    ...(from !== undefined && { peerId: from }),
    ...(fromName !== '' && { peerName: fromName }),
    bytes: 0,
    totalBytes: offered.offeredBytes ?? null,
    bytesPerSecond: 0,
    etaMs: null,
    sources: 0,
    priority,
    files: offered.mostFiles ?? null,
    filesDone: null,
    failed: failedCount,
  };
}

export function tellStarted(
  entry: Entry,
  { bytes, chunks }: { readonly bytes: number; readonly chunks: number },
  { neighbours }: EntrySurroundings,
  only?: readonly Asker[],
): void {
  const { id, name } = entry.running.record;
  const sources = neighbours.directory.sources(id);
  const have = entry.running.have.count;
  entry.askers.tell({ type: 'download-started', name, id, bytes, chunks, have, sources }, only);
}

/** What is here of it is there for others too. */
export function holdPartial(
  { id, name, staging, isPrivate = false, isDraft = false }: DownloadRecord,
  { bytes, layout }: Manifest,
  have: readonly number[],
  { home, library }: EntrySurroundings,
): void {
  // Only its sender has a draft, and gives it to whom it is for.
  if (isDraft) return;
  library.put(`partial:${id}`, {
    id,
    name,
    bytes,
    chunks: layout.chunks,
    isOffered: home.settings.sharing.downloads && !isPrivate,
    source: { kind: 'partial', path: staging, have },
  });
}

/** It is in its place: received from now on, and not unfinished any more. */
export async function noteCompleted(
  { running }: Entry,
  { path, manifest, looks }: News<'completed'>,
  unfinished: Unfinished,
  { received, library, tell }: EntrySurroundings,
): Promise<DownloadResult> {
  const { record, startedAt, brought, fetchedBytes } = running;
  const { id, name, isPrivate = false, from, into } = record;
  try {
    // What became a part of something is none by itself, nor found again as a whole: done once more it would be fetched anew.
    const isPart = path === into;
    if (!isPart)
      await received.add(path, { name, isPrivate, ...(from && { from }) }, manifest, looks);
    await unfinished.endWhole(record, isPart ? 'record' : 'folders');
  } catch (error) {
    const { message } = toRecord(error);
    tell({
      type: 'error',
      code: 'data-failed',
      message: `${name} is whole in ${path}, but could not be noted: ${message}`,
    });
  }
  library.remove(`partial:${id}`);
  const ms = Math.round(performance.now() - startedAt);
  const { bytes, entries } = manifest;
  const files = fileCount(entries);
  const fetched = { bytes, fetchedBytes, files, ms, sources: brought };
  return { type: 'download-completed', name, id, path, ...fetched };
}

/** What is kept is said, unless it may be gone. */
export function failEntry(
  { running, askers }: Entry,
  { code, message, isGone }: News<'failed'>,
): void {
  const { record, have } = running;
  const trouble = { code: code as DownloadFailure, message, id: record.id };
  const kept = isGone === true ? {} : { have: have.count, chunks: have.size };
  askers.refuse(record.name, { ...trouble, ...kept });
}
