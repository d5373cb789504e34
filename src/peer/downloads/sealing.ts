/**
 * Downloads that begin by a draft, since their sender has not hashed all of it yet, go over to the content it came to be:
 * what is staged moves along, and so does whoever waits. What changed at its sender goes over once more.
 */
import { toRecord } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { roomFor } from '#src/domain/send/offered-size.js';
import type { Version } from '#src/domain/send/version.js';
import type { ManifestStore } from '#src/io/content/manifest-store.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import type { DownloadResult } from '#src/peer/api.js';
import type { KnowsOf } from '#src/peer/sends/open-secrets.js';
import type { Library } from '#src/peer/shares/library.js';
import type { Asker, Askers } from './askers.js';
import type { Earlier } from './brought.js';
import {
  completionEvent,
  type Entry,
  endedRow,
  failEntry,
  failureEvent,
} from './download-entry.js';
import { filesOf } from './known-manifest.js';
import { putBounded } from './last-drafts.js';
import type { Received } from './received.js';
import type { TransferBook } from './transfer-book.js';
import type { Said, Unfinished } from './unfinished.js';

/** What was offered, and is fetched without being looked for. */
export type Fetched = {
  readonly draft: ContentId;
  readonly bytes: number;
  readonly files: number;
  readonly name: string;
  /** The folder it is put in, with a separator at its end, or the full target. */
  readonly to: string;
  /** Nobody else is to hear of it. */
  readonly isPrivate: boolean;
  readonly from: PeerId;
  /** The folder that it becomes a part of. */
  readonly into?: string | undefined;
  /** The transfer of which it is what did not come. */
  readonly completes?: string | undefined;
  /** What he calls himself. */
  readonly fromName: string;
  /** Makes the folder, where that may have been removed since. @throws P2pError */
  readonly makeFolder?: (() => Promise<unknown>) | undefined;
} & Pick<Asker, 'paused'>;

/** As what it is fetched now, and where it is put unless that was settled before. */
type Begun = { readonly id: ContentId; readonly to: string | undefined; readonly said: Said };

/** What a draft came to be, and which of its files are not in that. */
export type Sealed = Pick<Version, 'id' | 'failed' | 'failedCount'>;

type SealingParts = {
  readonly entries: Map<ContentId, Entry>;
  readonly unfinished: Unfinished;
  readonly library: Library;
  readonly received: Pick<Received, 'whole'>;
  readonly manifests: Pick<ManifestStore, 'read'>;
  readonly book: TransferBook;
  readonly knowsOf: KnowsOf;
  /** Goes on with the content in place of the draft, for those who wait. */
  readonly goOn: (
    record: DownloadRecord,
    askers: Askers,
    earlier: Earlier | undefined,
  ) => Promise<void>;
};

export class Sealing {
  readonly #parts: SealingParts;
  /** What drafts came to be, as far as their senders have said, the newest last: one that goes on may need it after its end. */
  readonly #contents = new Map<ContentId, Sealed>();

  constructor(parts: SealingParts) {
    this.#parts = parts;
  }

  /** It may have gone over to its content before: in this run or an earlier one. @throws P2pError as `makeFolder` does */
  async begun({ draft, bytes, files, to, from, ...sent }: Fetched): Promise<Begun> {
    const { isPrivate, fromName, into, completes, makeFolder } = sent;
    await makeFolder?.();
    const all = await this.#parts.unfinished.all();
    const known = all.find((record) => record.draft === draft);
    const limits = { mostBytes: roomFor(bytes), mostFiles: files, offeredBytes: bytes };
    const whose = { ...(isPrivate && { isPrivate }), from, fromName };
    const joins = { ...(into && { into }), ...(completes && { completes }) };
    const said = { ...whose, ...limits, ...joins };
    if (known !== undefined) return { id: known.id, to: undefined, said };
    const isNew = !all.some(({ id }) => id === draft);
    const first = isNew ? this.#priorityOf(completes) : {};
    return { id: draft, to, said: { ...said, ...first, isDraft: true } };
  }

  /** What did not come of something matters as much as that did, until its user says otherwise. */
  #priorityOf(first: string | undefined): Pick<Said, 'priority'> {
    const row = this.#parts.book.ended.find(({ transferId }) => transferId === first);
    return row === undefined || row.priority === 'normal' ? {} : { priority: row.priority };
  }

  /** What is fetched by this draft is this content; at once where its listing is here, else when it comes. */
  seal(draft: ContentId, { id, failed, failedCount }: Sealed): void {
    putBounded(this.#contents, draft, { id, failed, failedCount });
    this.#moveAll(draft);
  }

  /** @returns whether it is on its way to another content than it is now. */
  move(entry: Entry): boolean {
    const { record, isFinishing } = entry.running;
    const content = this.#contents.get(record.draft ?? record.id);
    const isPlaced = isFinishing && record.isDraft !== true;
    if (content === undefined || content.id === record.id || isPlaced) return false;
    if (entry.completing) return false;
    entry.completing = this.#move(entry, content).catch((error: unknown) =>
      this.#failed(entry, error),
    );
    return true;
  }

  /** A content whose listing never came may be one that its sender has no more: nothing of it is waited for. */
  #moveAll(draft: ContentId): void {
    for (const entry of this.#parts.entries.values()) {
      const { record, isListed } = entry.running;
      if ((record.draft ?? record.id) !== draft) continue;
      if (isListed || record.isDraft !== true) this.move(entry);
    }
  }

  /** Where it lies whole already, unless that would tell its sender so who does not know it. */
  async #wholeFor({ id, from, into }: DownloadRecord): Promise<string | undefined> {
    if (into !== undefined) return undefined;
    const path = await this.#parts.received.whole(id);
    if (path === undefined || from === undefined) return path;
    return (await this.#parts.knowsOf(from, id)) ? path : undefined;
  }

  async #move(entry: Entry, content: Sealed): Promise<void> {
    const { entries, unfinished, library, goOn } = this.#parts;
    const { running, askers } = entry;
    const { id } = content;
    const { startedAt, record: before } = running;
    await running.abandon();
    const { fetchedBytes, brought } = running;
    const draft = before.draft ?? before.id;
    // What was begun otherwise goes on with what is staged there, and not with what was fetched by this draft.
    const there = await unfinished.get(id);
    const isOther = there !== undefined && there.draft !== draft;
    const record = await unfinished.seal(before, content, entries.has(id));
    if (entries.get(before.id) === entry) entries.delete(before.id);
    const path = await this.#wholeFor(record);
    if (path === undefined) {
      await goOn(record, askers, isOther ? undefined : { fetchedBytes, startedAt, brought });
      // Its sender may have said another one meanwhile.
      return this.#moveAll(record.draft ?? record.id);
    }
    await unfinished.endWhole(record, 'record');
    const bytes = library.contents.best(id)?.bytes ?? 0;
    const files = await filesOf(id, this.#parts.manifests);
    const here = hereAlready(record, path, bytes, files);
    const { failedCount: failed } = content;
    const all = files === undefined ? {} : { files, filesDone: files };
    const row = { ...endedRow(entry, 'completed'), id, bytes, totalBytes: bytes, ...all };
    this.#parts.book.end({ ...row, failed }, completionEvent(entry, here, record));
    askers.complete(here);
  }

  /** What arrived stays where it is. */
  #failed(entry: Entry, error: unknown): void {
    const { entries, book } = this.#parts;
    const { record } = entry.running;
    if (entries.get(record.id) === entry) entries.delete(record.id);
    const failure = toRecord(error);
    book.end(endedRow(entry, 'failed', failure), failureEvent(record, failure));
    failEntry(entry, { type: 'failed', ...failure });
  }
}

function hereAlready(
  { id, name }: DownloadRecord,
  path: string,
  bytes: number,
  files: number | undefined,
): DownloadResult {
  const fetched = { bytes, fetchedBytes: 0, ms: 0, sources: [], alreadyHere: true } as const;
  const all = files === undefined ? {} : { files };
  return { type: 'download-completed', name, id, path, ...fetched, ...all };
}
