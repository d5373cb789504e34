/** A network that is cut in two while people talk, and joined again. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { newFolder } from '#test/support/folders.js';
import { reachedFrom } from '#test/support/mesh-view.js';
import { rounds } from '#test/support/rounds.js';
import { type Lab, openLab, refusal } from './lab.js';
import { type PeerProcess, startPeer } from './peer-process.js';

vi.setConfig({ testTimeout: 300_000 });

const IS_FULL = rounds({ small: 0, full: 1 }) === 1;

/** Longer than anything is waited for: a handshake 10 s, a silent link so long as these settings say, or 30 s by default. */
const CUT_MS = IS_FULL ? 60_000 : 12_000;
const SETTINGS = IS_FULL
  ? []
  : [
      'P2P_MESH_PING_MS=300',
      'P2P_MESH_DEAD_AFTER_MS=1500',
      'P2P_DISCOVERY_HEARTBEAT_MS=300',
      'P2P_DISCOVERY_EXPIRY_MS=1500',
    ];

/** As many as are all each other's neighbours in one half, so that none of them lacks any. */
const PEERS_OF_A_HALF = 6;

/** A dozen processes begin on two processors that others use too. */
const BEGIN_MS = 60_000;
const LOST_MS = 45_000;
const BACK_MS = 20_000;

type Talker = PeerProcess & { readonly name: string; readonly peerId: string };

/** Two switches with a cable between them, and peers at each. */
async function twoRooms(lab: Lab): Promise<readonly (readonly Talker[])[]> {
  const rooms = ['left', 'right'];
  for (const room of rooms) lab.bridge(room);
  lab.ip([
    'link add name trunk type veth peer name knurt',
    'link set trunk master left up',
    'link set knurt master right up',
  ]);
  const folder = newFolder();
  const halves = rooms.map((room, side) =>
    Array.from({ length: PEERS_OF_A_HALF }, (_, at) => {
      const name = `${room}${at}`;
      lab.host(name);
      lab.plug(name, 'eth1', room, `10.1.${side}.${at + 1}/16`);
      mkdirSync(join(folder, name));
      return { ...startPeer(lab, name, join(folder, name), [], SETTINGS), name };
    }),
  );
  return Promise.all(
    halves.map((half) =>
      Promise.all(
        half.map(async (peer) => {
          const { peerId } = await peer.until(({ type }) => type === 'ready', BEGIN_MS);
          return { ...peer, peerId: String(peerId) };
        }),
      ),
    ),
  );
}

async function untilOneMesh(peers: readonly Talker[], timeout: number): Promise<void> {
  const views = () => peers.map(({ peerId, said }) => ({ peerId, lines: said }));
  await vi.waitFor(() => expect(reachedFrom(views())).toBe(peers.length), {
    timeout,
    interval: 50,
  });
}

function shown(peer: Talker): readonly string[] {
  return peer.said.filter(({ type }) => type === 'message').map(({ text }) => String(text));
}

async function untilShown(peers: readonly Talker[], texts: readonly string[]): Promise<void> {
  const isOf = (text: string) => (said: { type: string; text?: unknown }) =>
    said.type === 'message' && said.text === text;
  for (const text of texts) await Promise.all(peers.map((peer) => peer.until(isOf(text), BACK_MS)));
}

async function historyOf(peer: Talker): Promise<readonly string[]> {
  peer.tell('history -n 1000 #complete');
  const { messages } = await peer.until(({ ref }) => ref === 'complete');
  return (messages as readonly { readonly text: string }[]).map(({ text }) => text);
}

describe('a network cut in two', () => {
  beforeEach(({ skip }) => skip(refusal !== undefined, refusal));

  it('is one again soon after it was joined, and all that either half said is everywhere once', async () => {
    const lab = await openLab();
    const halves = await twoRooms(lab);
    const peers = halves.flat();
    const texts: string[] = [];
    const talk = async (by: readonly Talker[], to: readonly Talker[], when: string) => {
      const said = by.map(({ name }) => `${when}, by ${name}`);
      for (const [at, text] of said.entries()) by[at]?.tell(`say ${text}`);
      texts.push(...said);
      await untilShown(to, said);
    };
    await untilOneMesh(peers, BEGIN_MS);
    await talk(peers, peers, 'before');

    const cut = performance.now();
    lab.ip(['link set trunk down']);
    for (const half of halves) await talk(half, half, 'as it is cut');
    const ids = halves.map((half) => half.map(({ peerId }) => peerId));
    for (const [side, half] of halves.entries()) {
      const others = new Set(ids[1 - side]);
      await vi.waitFor(() => expect(half.flatMap((one) => ups(one, others))).toEqual([]), {
        timeout: LOST_MS,
        interval: 50,
      });
      await untilOneMesh(half, BACK_MS);
    }
    await passed(CUT_MS - (performance.now() - cut));
    for (const half of halves) await talk(half, half, 'while it was cut');
    for (const peer of peers) {
      expect(shown(peer)).toHaveLength(peers.length + 2 * PEERS_OF_A_HALF);
    }

    lab.ip(['link set trunk up']);
    const joined = performance.now();
    await untilOneMesh(peers, BACK_MS);
    const oneMs = Math.round(performance.now() - joined);
    await untilShown(peers, texts);
    const allMs = Math.round(performance.now() - joined);
    console.log(
      `joined after ${CUT_MS} ms: one mesh after ${oneMs} ms, all there after ${allMs} ms`,
    );
    expect(allMs).toBeLessThan(BACK_MS);
    await talk(peers, peers, 'after');
    const expected = texts.toSorted();
    for (const peer of peers) {
      expect((await historyOf(peer)).toSorted(), peer.name).toEqual(expected);
      expect(shown(peer).toSorted(), peer.name).toEqual(expected);
    }
  });
});

/** @returns which of these are still up for it. */
function ups({ said }: Talker, peers: ReadonlySet<string>): readonly string[] {
  const up = new Set<string>();
  for (const { type, peerId } of said) {
    if (type === 'peer-up' && peers.has(String(peerId))) up.add(String(peerId));
    if (type === 'peer-down') up.delete(String(peerId));
  }
  return [...up];
}
