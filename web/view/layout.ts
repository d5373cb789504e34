/** Where the peers of a topology are drawn: forces let them settle, those that were drawn before stay about where they were. */
import {
  forceCenter,
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type Simulation,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from 'd3-force';
import type { PeerId } from '#src/domain/ids.js';
import type { Topology, TopologyLink, TopologyNode } from '#src/peer/rows.js';
import { Cell } from '#web/model/cell.js';

export type PlacedNode = SimulationNodeDatum & TopologyNode & { x: number; y: number };
type PlacedLink = SimulationLinkDatum<PlacedNode> & { readonly link: TopologyLink };

export type Drawing = {
  readonly nodes: readonly PlacedNode[];
  readonly links: readonly {
    readonly from: PlacedNode;
    readonly to: PlacedNode;
    readonly link: TopologyLink;
  }[];
};

/** Beyond the smallest picture by as much as names need. */
const WIDTH = 800;
const HEIGHT = 500;

/** Until forces hardly move anything. */
const SETTLING_TICKS = 300;

/** Of more the moves of each are no help to the eye, and drawing each of them holds up clicks: they settle unseen. */
const MOST_MOVING = 60;

/** So long at once, then clicks and keys have their turn. */
const SLICE_MS = 8;

export class Layout {
  readonly drawing = new Cell<Drawing>({ nodes: [], links: [] });
  readonly #simulation: Simulation<PlacedNode, PlacedLink>;
  readonly #isStill: boolean;
  #links: Drawing['links'] = [];
  #shape = '';
  #settling: ReturnType<typeof setTimeout> | undefined;

  /** @param isStill nothing moves: the user asked for that. */
  constructor(isStill: boolean) {
    this.#isStill = isStill;
    this.#simulation = forceSimulation<PlacedNode>([])
      .force('apart', forceManyBody().strength(-400))
      .force('room', forceCollide(34))
      .force('x', forceX(WIDTH / 2).strength(0.06))
      .force('y', forceY(HEIGHT / 2).strength(0.1))
      .force('middle', forceCenter(WIDTH / 2, HEIGHT / 2))
      .on('tick', () => this.#draw())
      .stop();
  }

  show({ nodes, links }: Topology): void {
    const before = new Map(this.#simulation.nodes().map((node) => [node.peerId, node]));
    const placed = new Map(nodes.map((node, at) => [node.peerId, placeOf(node, at, before)]));
    this.#links = links.flatMap((link) => {
      const [from, to] = [placed.get(link.a), placed.get(link.b)];
      return from === undefined || to === undefined ? [] : [{ from, to, link }];
    });
    const ends = this.#links.map(({ from: source, to: target, link }) => ({
      source,
      target,
      link,
    }));
    this.#simulation
      .nodes([...placed.values()])
      .force('links', forceLink<PlacedNode, PlacedLink>(ends).distance(130));
    const shape = shapeOf({ nodes, links });
    if (shape !== this.#shape) this.#settle();
    this.#shape = shape;
    this.#draw();
  }

  stop(): void {
    this.#simulation.stop();
    clearTimeout(this.#settling);
  }

  #settle(): void {
    this.stop();
    const isMoving = !this.#isStill && this.#simulation.nodes().length <= MOST_MOVING;
    if (isMoving) this.#simulation.alpha(0.8).restart();
    else this.#settleUnseen(this.#simulation.alpha(1), SETTLING_TICKS);
  }

  #settleUnseen(simulation: Simulation<PlacedNode, PlacedLink>, ticks: number): void {
    const until = performance.now() + SLICE_MS;
    let left = ticks;
    while (left > 0 && performance.now() < until) {
      simulation.tick();
      left -= 1;
    }
    if (left === 0) return this.#draw();
    this.#settling = setTimeout(() => this.#settleUnseen(simulation, left));
  }

  #draw(): void {
    this.drawing.set({ nodes: this.#simulation.nodes(), links: this.#links });
  }
}

function placeOf(
  node: TopologyNode,
  at: number,
  before: ReadonlyMap<PeerId, PlacedNode>,
): PlacedNode {
  const old = before.get(node.peerId);
  if (old !== undefined) return Object.assign(old, node);
  // On a spiral, so that no two begin at one point.
  const [angle, far] = [at * 2.4, 20 + 16 * Math.sqrt(at)];
  const [x, y] = [WIDTH / 2 + far * Math.cos(angle), HEIGHT / 2 + far * Math.sin(angle)];
  return { ...node, x, y };
}

function shapeOf({ nodes, links }: Pick<Topology, 'nodes' | 'links'>): string {
  return [...nodes.map(({ peerId }) => peerId), ...links.map(({ a, b }) => a + b)].join();
}
