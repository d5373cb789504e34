/**
 * What this peer holds of every content, and what follows from it: what is served, distributed, and offered to
 * the others. One content may be held in several ways (shared twice, kept for others and downloaded): the best
 * counts. Pure: changes in, orders out.
 */

import { ChunkSet, type Ranges } from '#src/domain/content/chunk-set.js';
import type { ContentSource } from '#src/domain/content/content-source.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { CatalogueRow } from './catalogue.js';

export type Holding = {
  readonly id: ContentId;
  readonly name: string;
  readonly bytes: number;
  readonly chunks: number;
  readonly source: ContentSource;
  /** Whether others may know of it and have it. */
  readonly isOffered: boolean;
  /** Who may have it though it is not offered: it was sent to them. */
  readonly only?: readonly PeerId[];
};

/** What others may have: all of them, or those named. */
export type Served = {
  readonly id: ContentId;
  readonly source: ContentSource;
  readonly only?: readonly PeerId[] | undefined;
};

export type ContentsOrder =
  | ({ readonly type: 'serve' } & Served)
  | { readonly type: 'withdraw'; readonly id: ContentId }
  | {
      readonly type: 'hold';
      readonly id: ContentId;
      readonly name: string;
      readonly source: ContentSource;
    }
  | { readonly type: 'let-go'; readonly id: ContentId }
  | { readonly type: 'chunks-added'; readonly id: ContentId; readonly ranges: Ranges }
  | { readonly type: 'owned'; readonly id: ContentId; readonly isOwned: boolean };

type Held = Holding & { readonly have: ChunkSet };

type Content = {
  /** By key: where it is held. */
  readonly ways: Map<string, Held>;
  best: Held | undefined;
  /** Who was said to be allowed, where not everybody is. */
  only: readonly PeerId[];
};

/** Which way is best: a whole one, then one being completed, then what is kept for others. */
const RANK = { share: 0, partial: 1, kept: 2 } as const;

export class Contents {
  readonly #contents = new Map<ContentId, Content>();
  readonly #keys = new Map<string, ContentId>();
  /** What the others were told last: of each content, its rows by name. */
  readonly #told = new Map<ContentId, ReadonlyMap<string, CatalogueRow>>();
  readonly #untold = new Set<ContentId>();
  /** Chunks of what is served that came one by one. */
  readonly #gained = new Map<ContentId, ChunkSet>();

  /** @param key names this way of holding; a later one with the same key takes its place. */
  put(key: string, holding: Holding): readonly ContentsOrder[] {
    const before = this.#keys.get(key);
    const orders = before !== undefined && before !== holding.id ? this.remove(key) : [];
    const content = this.#contents.get(holding.id) ?? {
      ways: new Map(),
      best: undefined,
      only: [],
    };
    this.#contents.set(holding.id, content);
    this.#keys.set(key, holding.id);
    content.ways.set(key, { ...holding, have: heldBy(holding) });
    return [...orders, ...this.#settle(holding.id, content)];
  }

  remove(key: string): readonly ContentsOrder[] {
    const id = this.#keys.get(key);
    const content = id === undefined ? undefined : this.#contents.get(id);
    if (id === undefined || content === undefined) return [];
    this.#keys.delete(key);
    content.ways.delete(key);
    const orders = this.#settle(id, content);
    if (content.ways.size === 0) this.#contents.delete(id);
    return orders;
  }

  /**
   * More chunks of a partial or kept content are here: told with the next `takeGains`.
   * @returns whether they are the first.
   */
  gain(key: string, ranges: Ranges): boolean {
    const id = this.#keys.get(key);
    const content = id === undefined ? undefined : this.#contents.get(id);
    const held = content?.ways.get(key);
    if (id === undefined || content === undefined || held === undefined) return false;
    const isFirst = held.have.count === 0;
    held.have.addRanges(ranges);
    this.#untold.add(id);
    if (content.best !== held || !held.isOffered) return isFirst;
    const gained = this.#gained.get(id) ?? new ChunkSet(held.chunks);
    gained.addRanges(ranges);
    this.#gained.set(id, gained);
    return isFirst;
  }

  /** The chunks gained since this was last asked. */
  takeGains(): readonly ContentsOrder[] {
    const orders = [...this.#gained].map(
      ([id, gained]): ContentsOrder => ({ type: 'chunks-added', id, ranges: gained.toRanges() }),
    );
    this.#gained.clear();
    return orders;
  }

  /** How this content is held best. */
  best(id: ContentId): (Holding & { readonly have: ChunkSet }) | undefined {
    return this.#contents.get(id)?.best;
  }

  /** Every way in which something is held. */
  *all(): Generator<Holding & { readonly have: ChunkSet; readonly key: string }> {
    for (const { ways } of this.#contents.values()) {
      for (const [key, held] of ways) yield { ...held, key };
    }
  }

  /** What is served now, for an actor that starts anew; sources say what is here by now. */
  offered(): readonly Holding[] {
    return [...this.#contents.values()].flatMap(({ best }) =>
      best?.isOffered ? [{ ...best, source: withHave(best.source, best.have) }] : [],
    );
  }

  /** What is served now, to all or to some, for an actor that starts anew. */
  served(): readonly Served[] {
    return [...this.#contents].flatMap(([id, content]) => {
      const served = servedOf(id, content);
      return served === undefined ? [] : [served];
    });
  }

  /** The catalogue as it is, for an actor that starts anew. */
  catalogue(): readonly CatalogueRow[] {
    return [...this.#contents.values()].flatMap(rowsOf);
  }

  /** What the catalogue gained and lost since this was last asked. */
  takeChanges(): {
    readonly changed: readonly CatalogueRow[];
    readonly removed: readonly { readonly name: string; readonly id: ContentId }[];
  } {
    const changed: CatalogueRow[] = [];
    const removed: { name: string; id: ContentId }[] = [];
    for (const id of this.#untold) {
      const content = this.#contents.get(id);
      const rows = content === undefined ? [] : rowsOf(content);
      const names = new Map(rows.map((row) => [row.name, row]));
      const told = this.#told.get(id);
      for (const name of told?.keys() ?? []) if (!names.has(name)) removed.push({ name, id });
      for (const row of rows) if (told?.get(row.name)?.have !== row.have) changed.push(row);
      if (names.size === 0) this.#told.delete(id);
      else this.#told.set(id, names);
    }
    this.#untold.clear();
    return { changed, removed };
  }

  #settle(id: ContentId, content: Content): readonly ContentsOrder[] {
    const before = content.best;
    const [best] = [...content.ways.values()].toSorted(
      (left, right) => rankOf(left) - rankOf(right),
    );
    const wasServed = before !== undefined && (before.isOffered || content.only.length > 0);
    const only = allowedBy(content);
    const isSame = before === best && only.join() === content.only.join();
    content.best = best;
    content.only = only;
    this.#untold.add(id);
    if (isSame) return [];
    // Whatever is said of it now, says all that is here.
    this.#gained.delete(id);
    const isWhole = best?.source.kind === 'share';
    const orders: ContentsOrder[] = [];
    if ((before?.source.kind === 'share') !== isWhole) {
      orders.push({ type: 'owned', id, isOwned: isWhole });
    }
    const served = servedOf(id, content);
    if (served !== undefined) orders.push({ type: 'serve', ...served });
    else if (wasServed) orders.push({ type: 'withdraw', id });
    const source = best?.isOffered ? served?.source : undefined;
    // What is still being downloaded here is not pushed on: its source does that.
    if (best !== undefined && source !== undefined && source.kind !== 'partial') {
      orders.push({ type: 'hold', id, name: best.name, source });
    } else if (before?.isOffered && before.source.kind !== 'partial') {
      orders.push({ type: 'let-go', id });
    }
    return orders;
  }
}

/** Who may have what is not offered to all. */
function allowedBy({ ways, best }: Content): readonly PeerId[] {
  if (best?.isOffered === true) return [];
  return [...new Set([...ways.values()].flatMap(({ only = [] }) => only))].toSorted();
}

function servedOf(id: ContentId, { best, only }: Content): Served | undefined {
  if (best === undefined) return undefined;
  const source = withHave(best.source, best.have);
  if (best.isOffered) return { id, source };
  return only.length > 0 ? { id, source, only } : undefined;
}

function heldBy({ source, chunks }: Holding): ChunkSet {
  return source.kind === 'share' ? ChunkSet.full(chunks) : ChunkSet.from(chunks, source.have);
}

function withHave(source: ContentSource, have: ChunkSet): ContentSource {
  return source.kind === 'share' ? source : { ...source, have: have.toRanges() };
}

/** What may be offered comes before what may not; then the better way. */
function rankOf(held: Held): number {
  return RANK[held.source.kind] + (held.isOffered ? 0 : 10);
}

/** One row for each name under which the best way is offered. */
function rowsOf({ ways, best }: Content): readonly CatalogueRow[] {
  if (best === undefined || !best.isOffered) return [];
  const names = new Map<string, CatalogueRow>();
  for (const { name, id, bytes, chunks, source, isOffered } of ways.values()) {
    if (!isOffered || source.kind !== best.source.kind) continue;
    names.set(name, { name, id, bytes, chunks, have: best.have.count });
  }
  return [...names.values()];
}
