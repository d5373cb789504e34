import { describe, expect, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import type { Crew } from '#src/peer/crew.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';
import { Neighbours } from '#src/peer/network/neighbours.js';
import { OTHER_ID } from '#test/support/fake-peer.js';
import type * as Mesh from '#workers/mesh.js';

const ID = 'c'.repeat(64) as ContentId;
const PORTS = { mesh: 1, transfer: 2, distributor: 3, receiver: 4 };
const FIRST_PAGE: Mesh.Out = {
  type: 'offered',
  peerId: OTHER_ID,
  fresh: true,
  complete: true,
  changed: [{ name: 'film', id: ID, bytes: 1, chunks: 1, have: 1 }],
  removed: [],
};

function linkUp(instance: string): Mesh.Out {
  const link = { host: '127.0.0.1', ports: PORTS, instance, features: [], dialled: false };
  return { type: 'link-up', peerId: OTHER_ID, name: 'ben', ...link } as unknown as Mesh.Out;
}

/** Linked with one who shares a film, and how many have that at each event. */
function linked() {
  const orders: string[] = [];
  const told: (readonly [PeerEvent['type'], number])[] = [];
  const database = { put: async () => {}, all: async () => [], remove: async () => {} };
  const home = { settings: { peers: [], links: { most: 8 } }, database } as unknown as Home;
  const crew = {
    send: (actor: string, { type }: { readonly type: string }) => orders.push(`${actor} ${type}`),
  };
  const neighbours: Neighbours = new Neighbours(home, crew as unknown as Crew, ({ type }) =>
    told.push([type, neighbours.directory.sources(ID)]),
  );
  neighbours.hearMesh(linkUp('one'));
  neighbours.hearMesh(FIRST_PAGE);
  return { neighbours, told, orders };
}

describe('who is blocked', () => {
  it('has nothing to give any more when that is told, before its link is cut', () => {
    const { neighbours, told } = linked();
    neighbours.block([OTHER_ID]);
    expect(told).toEqual([
      ['peer-up', 1],
      ['peer-down', 0],
    ]);
  });

  it('is gone once to the distributor, whatever is heard of its link then', () => {
    const { neighbours, orders } = linked();
    neighbours.block([OTHER_ID]);
    neighbours.hearMesh({ type: 'link-down', peerId: OTHER_ID, reason: 'blocked' });
    expect(orders.filter((order) => order === 'distributor peer-down')).toHaveLength(1);
    neighbours.close();
  });
});

describe('a peer that comes anew on another link', () => {
  it('is told as gone and back, and stays reached by the new one', () => {
    const { neighbours, told, orders } = linked();
    neighbours.hearMesh(linkUp('two'));
    expect(told.map(([type]) => type)).toEqual(['peer-up', 'peer-down']);
    expect(orders.findLast((order) => order.startsWith('distributor'))).toBe('distributor peer-up');
    expect(neighbours.reach(OTHER_ID)).toBeDefined();
    neighbours.hearMesh(FIRST_PAGE);
    expect(told.at(-1)).toEqual(['peer-up', 1]);
    neighbours.close();
  });
});
