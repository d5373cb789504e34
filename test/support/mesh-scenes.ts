/** What a simulated network goes through, and what came of it. Time in milliseconds. */
import type { PeerId } from '#src/domain/ids.js';
import { MeshSimulation, type Said, type SimulationOptions } from './mesh-simulation.js';
import { keepSybilsAsking } from './mesh-sybils.js';
import type { SimulatedPeer } from './simulated-peer.js';

/** Shuffles have mixed the views, and all know the name of their network. */
const SETTLING_MS = 90_000;
/** The first messages find out which links are too many. */
const FIRST_MESSAGES = 10;
/** History brings what gossip lost within so long; where its own words are lost too, it takes some more of its turns. */
const HISTORY_MS = 60_000;
const LOSSY_HISTORY_MS = 180_000;
/** Between messages. */
const PAUSE_MS = 3000;

export type Course = SimulationOptions & {
  readonly nodes: number;
  /** Of all peers so many die in a minute, and as many come. */
  readonly churn?: number;
  readonly messages?: number;
};

export type Outcome = {
  /** Of the longest way of any message, over how many links. */
  readonly hops: number;
  /** Per peer and message, beyond the first. */
  readonly copies: number;
  /** Of those who stayed, the smallest part that a message reached within two seconds, and how long the last took on average. */
  readonly atOnce: number;
  readonly spreadMs: number;
  /** How often somebody who stayed did not get a message, and how often one was shown twice. */
  readonly missing: number;
  readonly twice: number;
  readonly aloneMs: number;
  readonly components: readonly number[];
  readonly bytesPerMinute: number;
};

function historyMs({ loss = 0 }: Course): number {
  return loss > 0 ? LOSSY_HISTORY_MS : HISTORY_MS;
}

/** So many peers, who came within 20 s and had time to settle. */
function settled({ nodes, ...options }: Course): MeshSimulation {
  const simulation = new MeshSimulation(options);
  for (let peer = 0; peer < nodes; peer += 1) {
    simulation.join();
    simulation.run(20_000 / nodes);
  }
  simulation.run(SETTLING_MS);
  return simulation;
}

/** Messages of many authors, while peers come and go. */
export function runCourse(course: Course): Outcome {
  const { nodes, churn = 0, messages = 15 } = course;
  const simulation = settled(course);
  if (churn > 0) {
    simulation.every(60_000 / (nodes * churn), () => {
      simulation.kill(simulation.anybody());
      simulation.join();
    });
  }
  sayAll(simulation, FIRST_MESSAGES);
  const before = { at: simulation.now, bytes: simulation.sent.bytes };
  const said = sayAll(simulation, messages);
  const minutes = (simulation.now - before.at) / 60_000;
  const bytesPerMinute = (simulation.sent.bytes - before.bytes) / nodes / minutes;
  simulation.run(historyMs(course));
  return outcomeOf(simulation, said, bytesPerMinute);
}

/** So many of them die at once; three messages later all is to be well. */
export function runMassFailure(course: Course & { readonly killed: number }): Outcome {
  const simulation = settled(course);
  sayAll(simulation, FIRST_MESSAGES);
  const doomed = simulation.alive.filter(() => simulation.random() < course.killed);
  for (const peer of doomed) simulation.kill(peer);
  sayAll(simulation, 3);
  const before = { at: simulation.now, bytes: simulation.sent.bytes };
  const said = sayAll(simulation, course.messages ?? 10);
  const minutes = (simulation.now - before.at) / 60_000;
  const bytes = simulation.sent.bytes - before.bytes;
  const bytesPerMinute = bytes / simulation.alive.length / minutes;
  simulation.run(HISTORY_MS);
  return outcomeOf(simulation, said, bytesPerMinute);
}

export type Rejoining = {
  /** How long after the first that crossed. */
  readonly joinedMs: number;
  readonly missing: number;
  readonly twice: number;
};

/** Two halves do not reach each other for so long, and both go on talking. */
export function runPartition(course: Course & { readonly cutMs: number }): Rejoining {
  const simulation = settled(course);
  const said = sayAll(simulation, FIRST_MESSAGES);
  let place = 0;
  simulation.cut(() => (place++ % 2 === 0 ? 0 : 1));
  const until = simulation.now + course.cutMs;
  while (simulation.now < until) said.push(...sayAll(simulation, 1));
  simulation.cut(() => 0);
  const mended = simulation.now;
  while (componentsOf(simulation).length > 1 && simulation.now < mended + 120_000) {
    simulation.run(500);
  }
  const joinedMs = simulation.now - mended;
  simulation.run(HISTORY_MS);
  return { joinedMs, missing: missingOf(simulation, said), twice: twiceOf(simulation) };
}

export type Talk = {
  readonly missing: number;
  readonly twice: number;
  /** Of all that was shown, the part that came after a later one of the same author. */
  readonly late: number;
};

/** Some talk faster than what they say spreads: each author's next message overtakes the one before. */
export function runTalk(course: Course): Talk {
  const simulation = settled(course);
  sayAll(simulation, FIRST_MESSAGES);
  const authors = Array.from({ length: 5 }, () => simulation.anybody());
  const said: Said[] = [];
  for (let message = 0; message < 20; message += 1) {
    for (const author of authors) said.push(simulation.say(author));
    simulation.run(10);
  }
  simulation.run(historyMs(course));
  const late = simulation.alive.reduce((sum, { shownLate }) => sum + shownLate, 0);
  return {
    missing: missingOf(simulation, said),
    twice: twiceOf(simulation),
    late: late / (said.length * simulation.alive.length),
  };
}

export type Siege = {
  /** Of the messages that honest peers said to each other, so many came. */
  readonly delivered: number;
  readonly twice: number;
};

/** To each honest peer so many that ask whoever they can, accept everybody, and pass nothing on. */
export function runSybils(
  course: Course & { readonly each: number; readonly isTrusting: boolean },
): Siege {
  const { nodes, each, isTrusting } = course;
  const isHonest = (peer: PeerId) => peer.startsWith('honest');
  const simulation = new MeshSimulation({
    ...course,
    isTrusted: (peer) => isTrusting && isHonest(peer),
  });
  const sybils: SimulatedPeer[] = [];
  const honest: SimulatedPeer[] = [];
  for (let peer = 0; peer < nodes * (each + 1); peer += 1) {
    if (peer % (each + 1) === 0) honest.push(simulation.join(`honest-${peer}`));
    else sybils.push(simulation.joinSybil());
  }
  keepSybilsAsking(simulation, sybils, honest);
  // They find each other among the others' announcements, of which each hears three in 15 s. After 10 minutes a third of
  // those who trust each other have met, and now and then one of fifteen has met nobody; after 20 it is a half.
  simulation.run(1_200_000);
  const said = honest.map((peer) => {
    const message = simulation.say(peer);
    simulation.run(PAUSE_MS);
    return message;
  });
  simulation.run(HISTORY_MS);
  const shown = said.flatMap(({ id }) => honest.filter((peer) => peer.shown.has(id)));
  return { delivered: shown.length / (said.length * honest.length), twice: twiceOf(simulation) };
}

/** All come at once and know one. @returns the sizes of the parts that cannot reach each other after so long. */
export function runCrowd({
  nodes,
  withinMs = 60_000,
  ...options
}: Course & { readonly withinMs?: number }): readonly number[] {
  const simulation = new MeshSimulation(options);
  const contact = simulation.join();
  const crowd = Array.from({ length: nodes - 1 }, () => simulation.join(undefined, false));
  for (const peer of crowd) simulation.hear(peer, contact);
  simulation.run(withinMs);
  return componentsOf(simulation);
}

/** The sizes of the parts of the network, the largest first. */
function componentsOf(simulation: MeshSimulation): readonly number[] {
  const found = new Set<SimulatedPeer>();
  const sizes: number[] = [];
  for (const start of simulation.alive) {
    if (found.has(start)) continue;
    const before = found.size;
    const reached = [start];
    found.add(start);
    for (const peer of reached) {
      for (const id of peer.links.keys()) {
        const other = simulation.peer(id);
        if (other === undefined || !other.isAlive || found.has(other)) continue;
        found.add(other);
        reached.push(other);
      }
    }
    sizes.push(found.size - before);
  }
  return sizes.toSorted((one, other) => other - one);
}

function sayAll(simulation: MeshSimulation, messages: number): Said[] {
  return Array.from({ length: messages }, () => {
    const said = simulation.say(simulation.anybody());
    simulation.run(PAUSE_MS);
    return said;
  });
}

function outcomeOf(
  simulation: MeshSimulation,
  said: readonly Said[],
  bytesPerMinute: number,
): Outcome {
  const peers = simulation.alive.length;
  const { now } = simulation;
  return {
    hops: Math.max(...said.map(({ hops }) => hops)),
    copies: mean(said.map(({ copies }) => copies / peers)),
    atOnce: Math.min(...said.map(({ spread, of }) => spread / of)),
    spreadMs: mean(said.map(({ at, lastAt }) => lastAt - at)),
    missing: missingOf(simulation, said),
    twice: twiceOf(simulation),
    aloneMs: Math.max(...simulation.alive.map((peer) => peer.longestAloneAt(now))),
    components: componentsOf(simulation),
    bytesPerMinute,
  };
}

function missingOf(simulation: MeshSimulation, said: readonly Said[]): number {
  return said.reduce((sum, { id, at }) => {
    const lacking = simulation.alive.filter((peer) => peer.bornAt < at && !peer.shown.has(id));
    return sum + lacking.length;
  }, 0);
}

function twiceOf({ alive }: MeshSimulation): number {
  return alive.reduce((sum, { shownTwice }) => sum + shownTwice, 0);
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}
