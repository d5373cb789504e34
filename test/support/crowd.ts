/** Many peers, each a process of its own, who say things to everybody: what each was shown, and whether the mesh is one. */
import { expect, vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import { reachedFrom, type View } from './mesh-view.js';
import { createNetwork, type Network, type PeerHome } from './network.js';
import { startPeerProgram } from './peer-program.js';
import type { Program, ProgramOptions } from './program.js';

/** Thirty processes begin on two processors that others use too. */
const BEGIN_MS = 120_000;

/** What takes a tenth of a second takes so long at most. */
const PATIENCE_MS = 60_000;

/** So many start at once: their starts are all work, and more of them would only wait for each other. */
const STARTING = 4;

export type Talker = Program & { readonly peerId: string; readonly home: PeerHome };

export type Crowd = {
  readonly network: Network;
  /** In the order of their names. */
  readonly peers: readonly Talker[];
  /** One more, or one again. */
  start(home: PeerHome, options?: ProgramOptions): Promise<Talker>;
};

type CrowdOptions = {
  readonly settings?: SettingsInput;
  /** How one of them is run. */
  readonly programOf?: (index: number, network: Network) => ProgramOptions;
};

/** Resolves when all of them are one mesh. */
export async function startCrowd(
  size: number,
  { settings = {}, programOf = () => ({}) }: CrowdOptions = {},
): Promise<Crowd> {
  const network = await createNetwork(0, undefined, { settings });
  const start = async (home: PeerHome, options: ProgramOptions = {}): Promise<Talker> => {
    const program = await startPeerProgram(network, home, {}, [], options);
    const { peerId } = await program.heard.until('ready', { withinMs: BEGIN_MS });
    return { ...program, peerId, home };
  };
  const peers: Talker[] = [];
  while (peers.length < size) {
    const next = Array.from({ length: Math.min(STARTING, size - peers.length) }, (_, at) => {
      const index = peers.length + at;
      return start(network.home(`peer ${index}`), programOf(index, network));
    });
    peers.push(...(await Promise.all(next)));
  }
  await untilOneMesh(peers, BEGIN_MS);
  return { network, peers, start };
}

/** Resolves once these are one mesh. */
export async function untilOneMesh(peers: readonly Talker[], withinMs: number): Promise<void> {
  await vi.waitFor(() => expect(reachedFrom(peers.map(viewOf))).toBe(peers.length), {
    timeout: withinMs,
    interval: 50,
  });
}

function viewOf({ peerId, heard }: Talker): View {
  return { peerId, lines: heard.all };
}

/** Has one say something. @returns after how many ms each of the others was shown it, once all were. */
export async function said(
  by: Talker,
  text: string,
  peers: readonly Talker[],
): Promise<readonly number[]> {
  const begun = performance.now();
  by.send(`say ${text}`);
  return shown(
    text,
    peers.filter((peer) => peer !== by),
    begun,
  );
}

/** @returns after how many ms since then each was shown it, once all were. */
export function shown(
  text: string,
  peers: readonly Talker[],
  since = performance.now(),
): Promise<readonly number[]> {
  return Promise.all(
    peers.map(async ({ heard }) => {
      const where = (message: { readonly text: string }) => message.text === text;
      await heard.until('message', { where, withinMs: PATIENCE_MS });
      return performance.now() - since;
    }),
  );
}

/** Sees that each was shown each of these once and nothing else, and has it all in its history. */
export async function expectAllOnce(
  peers: readonly Talker[],
  texts: readonly string[],
): Promise<void> {
  const expected = texts.toSorted();
  for (const peer of peers) {
    const { name } = peer.home;
    const told = peer.heard.of('message').map(({ text }) => text);
    expect(told.toSorted(), `shown to ${name}`).toEqual(expected);
    expect((await historyOf(peer)).toSorted(), `history of ${name}`).toEqual(expected);
  }
}

/** @returns the texts, oldest first. */
export async function historyOf(program: Program): Promise<readonly string[]> {
  const { heard } = program;
  const from = heard.all.length;
  program.send('history -n 10000');
  const { messages } = await heard.until('history', { from, withinMs: PATIENCE_MS });
  return messages.map(({ text }) => text);
}

/** The middle and the last, for whoever reads what a test prints. */
export function figuresOf(delays: readonly number[]): string {
  const sorted = delays.toSorted((one, other) => one - other).map(Math.round);
  return `median ${sorted[sorted.length >> 1]} ms, last ${sorted.at(-1)} ms`;
}
