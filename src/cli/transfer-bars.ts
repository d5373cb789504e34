/** Which bar an event moves: each transfer has one, also where what it fetches goes over from its draft to its content. */
import type { ContentId } from '#src/domain/ids.js';
import type { PeerEvent } from '#src/peer/events.js';
import { shortId } from './amounts.js';
import type { ProgressDisplay } from './progress.js';

type Of<T extends PeerEvent['type']> = Extract<PeerEvent, { type: T }>;

type Bar = {
  readonly key: string;
  readonly label: string;
  /** Others may bring some of it all the same: that is no reason to draw it. */
  readonly isStill?: boolean;
};

const OVER: ReadonlySet<string> = new Set<Of<'transfer'>['state']>([
  'completed',
  'failed',
  'cancelled',
]);

export class TransferBars {
  readonly #display: ProgressDisplay;
  readonly #peerName: (peerId: string) => string;
  /** What is fetched, by what it is fetched as now. */
  readonly #fetched = new Map<ContentId, Bar>();
  /** Contents that drafts came to be, until it is told that they are fetched. */
  readonly #goneOver = new Set<ContentId>();

  constructor(display: ProgressDisplay, peerName: (peerId: string) => string) {
    this.#display = display;
    this.#peerName = peerName;
  }

  hear(event: PeerEvent): void {
    switch (event.type) {
      case 'transfer':
        return event.direction === 'up' ? this.#sending(event) : this.#fetching(event);
      case 'download-started':
        // Its transfer is told of first; whoever joins it later is told of the download alone.
        if (!this.#fetched.has(event.id)) this.#fetched.set(event.id, barOf(event));
        return;
      case 'download-progress':
        return this.#progress(event);
      case 'download-completed':
      case 'download-failed':
        if (event.id !== undefined) this.#drop(event.id);
        return;
      case 'hash-progress':
        return this.#hashing(event);
      case 'share-added':
      case 'share-changed':
      case 'share-removed':
        return this.#display.drop(hashKey(event.name));
      default:
        return;
    }
  }

  #progress(event: Of<'download-progress'>): void {
    const { key, label, isStill } = this.#barOf(event.id);
    if (isStill !== true) this.#display.show({ ...event, key, label });
  }

  /** @returns whether what was told of as a draft goes on: once for each. */
  goesOn({ id }: Of<'download-started'>): boolean {
    return this.#goneOver.delete(id);
  }

  #fetching(event: Of<'transfer'>): void {
    const { transferId, id, name, state } = event;
    if (id === null) return;
    for (const [other, { key }] of this.#fetched) {
      if (key !== transferId || other === id) continue;
      this.#fetched.delete(other);
      this.#goneOver.add(id);
    }
    const before = this.#fetched.get(id);
    if (before !== undefined && before.key !== transferId) this.#display.drop(before.key);
    const bar = { key: transferId, label: name, isStill: isHeld(event) };
    this.#fetched.set(id, bar);
    if (OVER.has(state)) this.#drop(id);
    else if (bar.isStill) this.#display.drop(transferId);
  }

  #sending(event: Of<'transfer'>): void {
    const { transferId, peerId = '', name, bytes: doneBytes, totalBytes, state } = event;
    const { bytesPerSecond, etaMs, why } = event;
    const key = `send ${transferId} ${peerId}`;
    const isPausedThere = state === 'waiting' && why?.code === 'paused';
    if ((state !== 'running' && !isPausedThere) || totalBytes === null) {
      return this.#display.drop(key);
    }
    const label = `${name} to ${this.#peerName(peerId)}`;
    const pace = isPausedThere ? { why: why.message } : { bytesPerSecond, etaMs };
    this.#display.show({ key, label, doneBytes, bytes: totalBytes, ...pace });
  }

  #hashing(event: Of<'hash-progress'>): void {
    const key = hashKey(event.name);
    if (event.doneBytes >= event.bytes) this.#display.drop(key);
    else this.#display.show({ ...event, key, label: `hashing ${event.name}` });
  }

  #barOf(id: ContentId): Bar {
    return this.#fetched.get(id) ?? barOf({ id, name: shortId(id) });
  }

  #drop(id: ContentId): void {
    this.#display.drop(this.#barOf(id).key);
    this.#fetched.delete(id);
    this.#goneOver.delete(id);
  }
}

function barOf({ id, name }: { readonly id: ContentId; readonly name: string }): Bar {
  return { key: id, label: name };
}

function hashKey(name: string): string {
  return `hash ${name}`;
}

/** By the word of its user, or of whoever sends it. */
function isHeld({ state, why }: Of<'transfer'>): boolean {
  return state === 'paused' || (state === 'waiting' && why?.code === 'paused');
}
