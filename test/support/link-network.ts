/**
 * A simulated network for the rules of links: peers that dial each other with random delays, where each
 * direction of a connection keeps its order and nothing else does. Checks as it goes that a peer is told up
 * and down in turns.
 */
import type { Instance, PeerId } from '#src/domain/ids.js';
import type { DialTarget } from '#src/domain/peers/link-news.js';
import { GUEST_MS } from '#src/domain/peers/link-room.js';
import { LINK_TIMES, step } from '#src/domain/peers/links.js';
import {
  type Link,
  type LinkEffect,
  type LinkEvent,
  type LinksState,
  linkOf,
  noLinks,
} from '#src/domain/peers/links-state.js';

type Side = { readonly node: Node; readonly link: Link };
type Wire = { readonly sides: [Side, Side]; arrivesAt: [number, number]; open: [boolean, boolean] };
type Happening = { readonly at: number; readonly order: number; readonly run: () => void };
type Node = { readonly id: PeerId; readonly host: string; state: LinksState; up: Set<PeerId> };

export class LinkNetwork {
  readonly nodes: readonly Node[];
  readonly #random: () => number;
  readonly #wires = new Map<number, Wire>();
  #agenda: Happening[] = [];
  #now = 0;
  #serial = 0;
  /** How often a peer was told down: a flap. */
  downs = 0;
  /** How many anybody ever had at once. */
  mostLinked = 0;

  /** @param most links of each. */
  constructor(random: () => number, count: number, most = Number.POSITIVE_INFINITY) {
    this.#random = random;
    this.nodes = Array.from({ length: count }, (_, index) => {
      const id = `peer${index}` as PeerId;
      return {
        id,
        host: `10.0.0.${index}`,
        state: noLinks(id, [], most, []),
        up: new Set(),
      };
    });
  }

  later(ms: number, run: () => void): void {
    this.#serial += 1;
    this.#agenda.push({ at: this.#now + ms, order: this.#serial, run });
  }

  dial(from: Node, to: Node, known: boolean): void {
    const target = { host: to.host, port: 1, ...(known && { expect: to.id }) };
    this.#tell(from, { type: 'dial', target });
  }

  /** Breaks every connection between two peers; each side learns of it in its own time. */
  sever(one: Node, other: Node): void {
    for (const wire of this.#wires.values()) {
      const ends = wire.sides.map(({ node }) => node.id);
      if (!ends.includes(one.id) || !ends.includes(other.id)) continue;
      this.#end(wire, 0, false);
      this.#end(wire, 1, false);
    }
  }

  run(): void {
    for (;;) {
      this.#agenda.sort((a, b) => a.at - b.at || a.order - b.order);
      const next = this.#agenda.shift();
      if (next === undefined) return;
      this.#now = next.at;
      next.run();
    }
  }

  /** @returns which connection a peer uses with another. */
  wireBetween(from: Node, to: Node): number | undefined {
    const id = linkOf(from.state, to.id)?.id;
    return id === undefined ? undefined : Math.floor(id / 2);
  }

  get openWires(): number {
    return [...this.#wires.values()].filter(({ open }) => open[0] || open[1]).length;
  }

  #delay(): number {
    return 1 + this.#random() * 200;
  }

  #tell(node: Node, event: LinkEvent): void {
    const { state, effects } = step(node.state, event, this.#now, this.#random());
    node.state = state;
    this.mostLinked = Math.max(this.mostLinked, state.peers.size);
    for (const effect of effects) this.#carryOut(node, effect);
  }

  #carryOut(node: Node, effect: LinkEffect): void {
    if (effect.type === 'connect') this.#connect(node, effect.target);
    if (effect.type === 'hold') {
      const { link } = effect;
      this.later(LINK_TIMES.holdMs, () => this.#tell(node, { type: 'hold-expired', link }));
    }
    if (effect.type === 'await-place') {
      const { peerId } = effect;
      this.later(GUEST_MS, () => this.#tell(node, { type: 'guest-expired', peerId }));
    }
    if (effect.type === 'turn-out') this.#turnOut(node, effect.link);
    if (effect.type === 'close') this.#close(node, effect.link, true);
    if (effect.type === 'drop') this.#close(node, effect.link, false);
    if (effect.type === 'tell-up') this.#up(node, effect.link.peerId);
    if (effect.type === 'tell-down') {
      this.downs += 1;
      if (!node.up.delete(effect.peerId)) throw new Error('down without up');
    }
  }

  #up(node: Node, peerId: PeerId): void {
    if (node.up.has(peerId)) throw new Error('up twice');
    node.up.add(peerId);
  }

  #connect(from: Node, target: DialTarget): void {
    const to = this.nodes.find(({ host }) => host === target.host);
    if (to === undefined) throw new Error('nobody there');
    this.#serial += 1;
    const id = this.#serial;
    const near: Side = { node: from, link: linkTo(to, id * 2, true) };
    const far: Side = { node: to, link: linkTo(from, id * 2 + 1, false) };
    const wire: Wire = { sides: [near, far], arrivesAt: [0, 0], open: [false, false] };
    this.#wires.set(id, wire);
    this.later(this.#delay() + this.#delay(), () => {
      wire.open[1] = true;
      // The answer leaves before anything else does on this side.
      this.#arrive(wire, 0, () => {
        wire.open[0] = true;
        this.#tell(from, { type: 'opened', link: near.link, target });
      });
      this.#tell(to, { type: 'opened', link: far.link });
    });
  }

  /** Runs something at one side of a connection, after all that is on its way there. */
  #arrive(wire: Wire, side: 0 | 1, run: () => void): void {
    const at = Math.max(wire.arrivesAt[side], this.#now + this.#delay());
    wire.arrivesAt[side] = at;
    this.later(at - this.#now, run);
  }

  #turnOut(node: Node, { id }: Link): void {
    const wire = this.#wires.get(Math.floor(id / 2));
    if (wire === undefined) throw new Error('no such wire');
    const [near, far] = wire.sides[0].node === node ? ([0, 1] as const) : ([1, 0] as const);
    wire.open[near] = false;
    this.#arrive(wire, far, () => {
      const { node: other, link } = wire.sides[far];
      if (wire.open[far]) this.#tell(other, { type: 'turned-out', link });
    });
  }

  #close(node: Node, link: Link, goodbye: boolean): void {
    const wire = this.#wires.get(Math.floor(link.id / 2));
    if (wire === undefined) throw new Error('no such wire');
    const side = wire.sides[0].node === node ? 0 : 1;
    wire.open[side] = false;
    this.#end(wire, side === 0 ? 1 : 0, goodbye);
  }

  #end(wire: Wire, side: 0 | 1, goodbye: boolean): void {
    this.#arrive(wire, side, () => {
      if (!wire.open[side]) return;
      wire.open[side] = false;
      const { node, link } = wire.sides[side];
      this.#tell(node, { type: 'ended', link, goodbye });
      // Whatever this side had not yet noticed ends with it.
      this.#end(wire, side === 0 ? 1 : 0, goodbye);
    });
  }
}

function linkTo(node: Node, id: number, dialled: boolean): Link {
  const instance = node.id as string as Instance;
  return { id, peerId: node.id, instance, dialled, host: node.host, port: 1 };
}
