/** More peers than anybody may be linked with: what the main thread and the mesh of each do, over real links. */
import { randomUUID } from 'node:crypto';
import { Subject } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { SPARE_LINKS } from '#src/domain/peers/link-room.js';
import type { Crew } from '#src/peer/crew.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';
import { Neighbours } from '#src/peer/network/neighbours.js';
import { Standings } from '#src/peer/network/standings.js';
import { newIdentity, selfOf } from '#test/support/identities.js';
import { freePeerBase, HOST } from '#test/support/places.js';
import { type In, mesh, type Out } from '#workers/mesh.js';

vi.setConfig({ testTimeout: 120_000 });

const PEERS = 20;
/** Fewer than can be set, so that twenty are more than enough; as many as neighbours in the mesh. */
const MOST = 10;
/** Twenty peers share a thread here, on a machine that may be busy. */
const WAIT = { timeout: 60_000, interval: 50 };

async function join(number: number) {
  const identity = await newIdentity();
  const base = await freePeerBase();
  const self = selfOf(identity, `peer ${number}`, base);
  const inbox = new Subject<In>();
  const told: PeerEvent[] = [];
  const heard: string[] = [];
  /** Whoever ever was linked. */
  const linked = new Set<PeerId>();
  const counts = { links: 0, mostLinks: 0, dials: 0 };
  const send = (actor: string, order: In) => {
    if (actor !== 'mesh') return;
    counts.dials += Number(order.type === 'dial');
    inbox.next(order);
  };
  const crew = { send } as unknown as Crew;
  const database = { put: async () => {}, all: async () => [], remove: async () => {} };
  const home = { settings: { peers: [], links: { most: MOST } }, database } as unknown as Home;
  const neighbours = new Neighbours(home, crew, (event) => told.push(event));
  const standings = new Standings(crew);
  const listening = new Promise<void>((resolve) => {
    const init = {
      host: HOST,
      port: base,
      self,
      credentials: identity.credentials,
      pingMs: 10_000,
      deadAfterMs: 30_000,
      refused: [],
      trusted: [],
      kept: [],
      most: MOST,
      catalogue: [],
      history: { rows: [], horizon: 0, payloads: [] },
    };
    const hear = (out: Out) => {
      if (out.type === 'listening') resolve();
      if (out.type === 'link-up') {
        counts.links += 1;
        linked.add(out.peerId);
      }
      if (out.type === 'link-down') counts.links -= 1;
      if (out.type === 'message-heard') heard.push(out.message.text);
      counts.mostLinks = Math.max(counts.mostLinks, counts.links);
      neighbours.hearMesh(out);
      standings.hearMesh(out);
    };
    const life = mesh(init, inbox).subscribe(hear);
    onTestFinished(() => {
      neighbours.close();
      life.unsubscribe();
    });
  });
  await listening;
  const states = () => neighbours.lines().map(({ state }) => state);
  return { self, inbox, told, heard, linked, counts, neighbours, standings, states };
}

type Member = Awaited<ReturnType<typeof join>>;

/** One hears the other announce himself. */
function hear({ neighbours, standings }: Member, other: Member): void {
  const { peerId, ports, instance } = other.self;
  const said = { type: 'peer-heard', flag: 'alive', peerId, host: HOST, ports, instance } as const;
  const announced = { ...said, ...other.standings.own };
  neighbours.hearDiscovery(announced);
  standings.hearDiscovery(announced);
}

/** Everybody hears everybody, as after a heartbeat of each. */
function announceAll(members: readonly Member[]): void {
  for (const one of members) for (const other of members) if (one !== other) hear(one, other);
}

/** Nobody is about to dial, and guests have gone: the mesh brings others, so not of all at the same moment. */
async function settled(members: readonly Member[]): Promise<void> {
  for (const { counts, states } of members)
    await vi.waitFor(() => {
      expect(states()).toHaveLength(PEERS - 1);
      expect(states()).not.toContain('connecting');
      expect(counts.links).toBeLessThanOrEqual(MOST);
      expect(counts.links).toBeGreaterThan(0);
    }, WAIT);
}

describe('twenty peers who hear each other and may have ten links each', () => {
  it('keep within the bound, are one mesh, do not knock at each other for ever, and link with whom they need', async () => {
    const members: Member[] = [];
    for (let number = 0; number < PEERS; number += 1) members.push(await join(number));
    announceAll(members);
    await settled(members);
    const links = members.map(({ counts }) => counts.links);
    const dials = members.reduce((sum, { counts }) => sum + counts.dials, 0);
    console.info(`links ${Math.min(...links)} to ${Math.max(...links)}, ${dials} dials`);
    for (const { counts } of members)
      expect(counts.mostLinks).toBeLessThanOrEqual(MOST + SPARE_LINKS);
    const [first] = members;
    if (first === undefined) throw new Error('no peers');
    expect(first.states()).toContain('known');
    const all = members.flatMap(({ states }) => states());
    expect(all).not.toContain('down');

    // Said once, heard by all.
    const said = { epoch: 1, sequence: 1, sentAt: Date.now(), text: randomUUID() };
    first.inbox.next({ type: 'say', ...said });
    await vi.waitFor(() => {
      for (const { heard } of members) expect(heard).toEqual([said.text]);
    }, WAIT);

    // Twenty heartbeats later: what is dialled is ordered at once, so nothing has to be waited for.
    const before = members.reduce((sum, { counts }) => sum + counts.dials, 0);
    for (let heartbeat = 0; heartbeat < 20; heartbeat += 1) announceAll(members);
    const after = members.reduce((sum, { counts }) => sum + counts.dials, 0);
    expect(after - before).toBeLessThan(PEERS);

    // One that is known, and needed.
    const row = first.neighbours.lines().find(({ state }) => state === 'known');
    if (row === undefined) throw new Error('everybody is linked');
    const { peerId, host, port } = row;
    first.linked.delete(peerId);
    const release = first.neighbours.need(peerId, { host, port });
    await vi.waitFor(() => expect(first.linked).toContain(peerId), WAIT);
    expect(first.counts.mostLinks).toBeLessThanOrEqual(MOST + SPARE_LINKS);
    release();

    const errors = members.flatMap(({ told }) => told.filter(({ type }) => type === 'error'));
    expect(errors).toEqual([]);
  });
});
