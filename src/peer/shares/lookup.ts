/** Finds the content a word means: here first, then among what the others offer, waiting for their catalogues. */
import { filter, finalize, firstValueFrom, map, merge, mergeWith, timer } from 'rxjs';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import type { DownloadTrouble } from '#src/peer/api.js';
import { WideSearch } from '#src/peer/downloads/wide-search.js';
import { holdersOf } from '#src/peer/network/finding.js';
import { meant, peersMeant, tooShort } from '#src/peer/network/naming.js';
import type { Neighbours } from '#src/peer/network/neighbours.js';
import type { Queries } from '#src/peer/network/queries.js';
import type { Candidate } from '#src/peer/rows.js';
import type { Library } from './library.js';
import { asShare } from './share-news.js';

/** A catalogue on a LAN takes milliseconds; who has not told his by then, or was found so long ago, is not waited for. */
const CATALOGUES_MS = 3000;

/** After a start: others on a quiet network are found within a second. */
const FINDING_MS = 1000;

/** How often it is asked again whether every catalogue is here. */
const LOOK_EVERY_MS = 50;

/** Whoever wants a hundred names at the same moment is told within reasonable time that the network was not asked for all. */
const MOST_TURN_MS = 60_000;

/** Contents named when a word means several. */
const CANDIDATES = 10;

export type Found =
  | { readonly kind: 'here'; readonly id: ContentId; readonly name: string; readonly path: string }
  | { readonly kind: 'offered'; readonly id: ContentId; readonly name: string }
  | { readonly kind: 'trouble'; readonly trouble: DownloadTrouble };

export class Lookup {
  readonly #library: Library;
  readonly #neighbours: Neighbours;
  readonly #queries: Pick<Queries, 'ask'>;
  readonly #startedAt = performance.now();
  #isClosed = false;

  constructor(library: Library, neighbours: Neighbours, queries: Pick<Queries, 'ask'>) {
    this.#library = library;
    this.#neighbours = neighbours;
    this.#queries = queries;
  }

  /** @param from whose content is meant: a peer's id, the beginning of one, a name, or its address. */
  async find(word: string, from: string | undefined): Promise<Found> {
    const at = this.#findNow(word, from);
    if (at !== undefined) return at;
    const search = this.#searchFor(word, from);
    const askedAt = performance.now();
    const found = this.#neighbours.holdersChanged.pipe(
      mergeWith(timer(0, LOOK_EVERY_MS), search.trouble),
      map(() => {
        const now = this.#findNow(word, from);
        if (now !== undefined) return now;
        if (search.isWaiting && !this.#isClosed)
          return isUnasked(askedAt) ? unasked(word) : undefined;
        const hopeless = isLate(askedAt, search) || (this.#isHopeless && search.hasFailed());
        return hopeless ? notFound(this.#whyNot(word, from)) : undefined;
      }),
      filter((one) => one !== undefined),
      finalize(() => search.close()),
    );
    return firstValueFrom(found);
  }

  /** Other contents of this name that others have, as far as their catalogues are here: those that are here are none. */
  namesakes(name: string, id: ContentId): readonly Candidate[] {
    const offers = this.#neighbours.directory.offers();
    const others = offers.filter((offer) => offer.name === name && offer.id !== id);
    const absent = this.#candidates(others).filter(({ here }) => here === undefined);
    return absent.slice(0, CANDIDATES);
  }

  /** Waits until every catalogue is here, `withinMs` at most. */
  async catalogues(withinMs: number): Promise<void> {
    if (this.#isSettled) return;
    await firstValueFrom(
      merge(timer(0, LOOK_EVERY_MS).pipe(filter(() => this.#isSettled)), timer(withinMs)),
    );
  }

  /** No catalogue is waited for any more. */
  close(): void {
    this.#isClosed = true;
  }

  /** Everybody known has told everything, and there was time to find everybody. */
  get #isSettled(): boolean {
    if (this.#isClosed) return true;
    if (performance.now() - this.#startedAt < FINDING_MS) return false;
    return !this.#neighbours.isSettling && this.#neighbours.directory.isComplete;
  }

  /** Nobody who is linked has it. */
  get #isHopeless(): boolean {
    return this.#neighbours.lines().length > 0 && this.#isSettled;
  }

  #searchFor(word: string, whose: string | undefined): WideSearch {
    const [neighbours, queries] = [this.#neighbours, this.#queries];
    return new WideSearch({
      ask: (onAsked) => holdersOf(word, { neighbours, queries }, onAsked),
      meet: ({ peerId, host, port }) => neighbours.need(peerId, { host, port }),
      isMeant: (answerer) => whose === undefined || peersMeant(whose, [answerer]).length > 0,
    });
  }

  #whyNot(word: string, from: string | undefined): string {
    const up = this.#peersUp;
    const wanted = printable(word);
    if (up.length === 0) {
      return `no other peer is here to ask for ${wanted}: \`add HOST:PORT\`, or \`--peer HOST:PORT\` at the start, connects to one by its address`;
    }
    if (from === undefined) return `nobody here offers ${wanted}: \`list\` shows what there is`;
    const whose = printable(from);
    if (this.#peersCalled(from).length > 0) {
      return `${whose} does not offer ${wanted}: \`list\` shows what there is`;
    }
    return tooShort(from, up) ?? `no peer called ${whose} is here: \`peers\` shows who is`;
  }

  get #peersUp() {
    return this.#neighbours.lines().filter(({ state }) => state === 'up');
  }

  #findNow(word: string, from: string | undefined): Found | undefined {
    if (from === undefined) {
      const here = this.#here(word);
      if (here !== undefined) return here;
    }
    const peers = from === undefined ? [undefined] : this.#peersCalled(from);
    const offers = peers.flatMap((peer) => this.#neighbours.directory.offers(peer));
    const candidates = this.#ownOf(peers, this.#candidates(meant(word, offers)));
    const [one] = candidates;
    if (one === undefined) return undefined;
    if (candidates.length > 1) return ambiguous(word, candidates, from);
    const path = this.#library.whole(one.id)?.path;
    if (path !== undefined) return { kind: 'here', id: one.id, name: one.name, path };
    return { kind: 'offered', id: one.id, name: one.name };
  }

  #here(word: string): Found | undefined {
    const whole = [...this.#library.contents.all()].filter(({ source }) => source.kind === 'share');
    const found = meant(word, whole);
    const ids = new Set(found.map(({ id }) => id));
    if (ids.size > 1) {
      const own = found.map((held) => ({ ...asShare(held), peers: [] }));
      const others = this.#neighbours.directory.offers().filter(({ id }) => ids.has(id));
      return ambiguous(word, this.#candidates([...own, ...others]));
    }
    const [one] = found;
    return one && { kind: 'here', id: one.id, name: one.name, path: one.source.path };
  }

  /** What one peer has whole is his; chunks that he keeps for others, of an older version perhaps, are not meant then. */
  #ownOf(
    peers: readonly (PeerId | undefined)[],
    candidates: readonly Candidate[],
  ): readonly Candidate[] {
    const [peer, ...others] = peers;
    if (peer === undefined || others.length > 0) return candidates;
    const { directory } = this.#neighbours;
    const whole = candidates.filter(({ id, chunks }) => directory.holders(id).get(peer) === chunks);
    return whole.length === 0 ? candidates : whole;
  }

  /** One for each content: under several names it is still one. */
  #candidates(offers: readonly Candidate[]): readonly Candidate[] {
    const byId = new Map<ContentId, Candidate>();
    for (const offer of offers) {
      const known = byId.get(offer.id);
      const peers = [...new Set([...(known?.peers ?? []), ...offer.peers])];
      byId.set(offer.id, { ...(known ?? offer), peers });
    }
    const isHere = ({ id }: Candidate) => this.#library.whole(id) !== undefined;
    return [...byId.values()].map((one) => (isHere(one) ? { ...one, here: true } : one));
  }

  #peersCalled(word: string): readonly PeerId[] {
    return peersMeant(word, this.#peersUp).map(({ peerId }) => peerId);
  }
}

/** Whoever is found, and a question that had to wait for its turn, begin the wait anew. */
function isLate(askedAt: number, { leftAt, metAt }: WideSearch): boolean {
  return performance.now() - Math.max(askedAt, leftAt, metAt) >= CATALOGUES_MS;
}

function isUnasked(askedAt: number): boolean {
  return performance.now() - askedAt >= MOST_TURN_MS;
}

function unasked(word: string): Found {
  const wanted = printable(word);
  return notFound(
    `nobody linked offers ${wanted}, and too many names were wanted to ask the network: try it again`,
  );
}

function notFound(message: string): Found {
  return { kind: 'trouble', trouble: { code: 'not-found', message } };
}

/** @param from whose are meant; then it is of no use to ask whose. */
function ambiguous(word: string, candidates: readonly Candidate[], from?: string): Found {
  const [whose, mend] =
    from === undefined ? ['', ', or whose with --from'] : [` of ${printable(from)}`, ''];
  const message = `${printable(word)}${whose} means ${candidates.length} different contents: choose one by its id${mend}`;
  return {
    kind: 'trouble',
    trouble: { code: 'ambiguous', message, candidates: candidates.slice(0, CANDIDATES) },
  };
}
