/** The network as its peers say it is: who answered, and whom each says it is linked with. Pure. */
import type { PeerId } from '#src/domain/ids.js';
import type { AnsweredLink, TopologyAnswer } from './query.js';

export type TopologyNode = {
  readonly peerId: PeerId;
  /** As it calls itself, or as it is known here; empty where neither is known. */
  readonly name: string;
  /** How many neighbours it has in the mesh; 0 where it did not answer. */
  readonly load: number;
  /** Whether it answered, or is only named by others. This peer itself has. */
  readonly answered: boolean;
};

/** One link, told by one end or by both. */
export type TopologyLink = {
  /** The smaller id. */
  readonly a: PeerId;
  readonly b: PeerId;
  /** The shorter of what both ends measured; null where neither has. */
  readonly rttMs: number | null;
  readonly dialledBy: PeerId;
  /** Whether one is the other's neighbour in the mesh; else they are acquainted. */
  readonly neighbour: boolean;
  /** Whether both ends say so: what one alone says may be made up. */
  readonly confirmed: boolean;
};

export type Topology = {
  /** This peer first, then those who answered, then the others, each by id. */
  readonly nodes: readonly TopologyNode[];
  readonly links: readonly TopologyLink[];
  /** How many more are only named by others, beyond `MOST_SILENT`: neither they nor links to them are here. */
  readonly leftOut: number;
};

/**
 * Who did not answer and is shown nevertheless. As many as are kept of those heard announcing themselves; 512 answers of
 * liars could name 65,536, whom no screen shows.
 */
export const MOST_SILENT = 1024;

/** What one peer said of itself. */
export type Testimony = Omit<TopologyAnswer, 'about'> & { readonly peerId: PeerId };

/** @param nameOf what those are called who did not answer, if that is known. */
export function topologyOf(
  self: Testimony,
  answers: readonly Testimony[],
  nameOf: (peer: PeerId) => string | undefined,
): Topology {
  const all = [self, ...answers.toSorted((one, other) => compare(one.peerId, other.peerId))];
  const named = silentOf(self, all);
  const shown = new Set([...all.map(({ peerId }) => peerId), ...named.slice(0, MOST_SILENT)]);
  const links = new Map<string, Told>();
  for (const { peerId, links: told } of all) {
    for (const link of told) if (shown.has(link.peerId)) addLink(links, peerId, link);
  }
  const answered = all.map(({ peerId, name, load }) => ({ peerId, name, load, answered: true }));
  const silent = named
    .slice(0, MOST_SILENT)
    .toSorted(compare)
    .map((peerId) => {
      const name = nameOf(peerId) ?? '';
      return { peerId, name, load: 0, answered: false };
    });
  const once = [...links.values()].map(({ link }) => link).toSorted(byEnds);
  const leftOut = named.length - silent.length;
  return { nodes: [...answered, ...silent], links: once, leftOut };
}

/** @returns who is named and did not answer: whom this peer is linked with, then whom most name. */
function silentOf(self: Testimony, all: readonly Testimony[]): readonly PeerId[] {
  const answered = new Set(all.map(({ peerId }) => peerId));
  const rank = new Map<PeerId, number>();
  for (const { links } of all) {
    for (const { peerId } of links) rank.set(peerId, (rank.get(peerId) ?? 0) + 1);
  }
  for (const { peerId } of self.links) rank.set(peerId, Number.POSITIVE_INFINITY);
  const silent = [...rank].filter(([peerId]) => !answered.has(peerId));
  return silent
    .toSorted(([one, named], [other, more]) => {
      return named === more ? compare(one, other) : more - named;
    })
    .map(([peerId]) => peerId);
}

/** A link, and who told of it first: he cannot confirm himself. */
type Told = { readonly from: PeerId; readonly link: TopologyLink };

function addLink(links: Map<string, Told>, from: PeerId, link: AnsweredLink): void {
  const { peerId: to, rttMs, dialled, neighbour } = link;
  if (from === to) return;
  const [a, b] = compare(from, to) < 0 ? [from, to] : [to, from];
  const key = a + b;
  const known = links.get(key);
  if (known === undefined) {
    const dialledBy = dialled ? from : to;
    links.set(key, { from, link: { a, b, rttMs, dialledBy, neighbour, confirmed: false } });
    return;
  }
  if (known.from === from) return;
  const before = known.link;
  const both = { rttMs: shorter(before.rttMs, rttMs), neighbour: before.neighbour || neighbour };
  links.set(key, { from: known.from, link: { ...before, ...both, confirmed: true } });
}

function shorter(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}

function byEnds(one: TopologyLink, other: TopologyLink): number {
  return compare(one.a, other.a) || compare(one.b, other.b);
}

function compare(one: PeerId, other: PeerId): number {
  return one < other ? -1 : Number(one > other);
}
