/** Opens a peer at a base port that a tracker says nobody else at this address has: `port: "auto"`. */
import type { Settings } from '#config/load.js';
import { FIRST_PORT, PORT_TRIES } from '#config/schema.js';
import { type ErrorCode, P2pError } from '#src/domain/errors.js';
import { hostPortText } from '#src/domain/host-port.js';
import type { PeerId } from '#src/domain/ids.js';
import { PORTS_PER_PEER } from '#src/domain/ports.js';
import { parseTracker, type TrackerAddress } from '#src/domain/tracker/tracker-address.js';
import { passingIdentity } from '#src/io/disk/identity.js';
import { type Listening, requireFree } from '#src/io/net/free-ports.js';
import { askBase } from '#src/io/tracker/base-asking.js';
import type { Peer } from '#src/peer/api.js';
import { openNode } from '#src/peer/node.js';
import { KnownTrackers } from './known-trackers.js';

/** What a tracker that is away, turns us down or talks nonsense leads to. All else is a fault of ours. */
const NO_ANSWER: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unreachable',
  'timed-out',
  'identity',
  'network',
  'protocol',
  'version',
  'refused',
  'limit',
  'closed',
]);

type Ask = (tracker: TrackerAddress, from: number) => Promise<number | undefined>;

/**
 * Whatever a tracker answers is tried here before it counts.
 * @returns undefined where none answers, or nothing that can be used. @throws P2pError as `openNode` does
 */
export async function openWhereAsked(settings: Settings, at: Listening): Promise<Peer | undefined> {
  const ask = await asking(settings);
  const trackers = settings.trackers.flatMap((text) => parseTracker(text) ?? []);
  let from = FIRST_PORT;
  for (let tries = 0; tries < PORT_TRIES; tries += 1) {
    const base = await firstAnswer(trackers, (tracker) => ask(tracker, from));
    if (base === undefined) return undefined;
    try {
      await requireFree(at, base);
      return await openNode(settings, base);
    } catch (error) {
      if (!isTakenMeanwhile(error, settings)) throw error;
    }
    from = base + PORTS_PER_PEER;
  }
  return undefined;
}

/**
 * Of a base that nobody named: another peer was there first, at its ports or, started in the same moment, at the data
 * folder that goes with them. A folder that the user named is in use at any base.
 */
export function isTakenMeanwhile(error: unknown, { data }: Settings): error is P2pError {
  if (!(error instanceof P2pError)) return false;
  return error.code === 'port-busy' || (error.code === 'data-in-use' && data === null);
}

/** Without a data folder of its own it has no memory yet of whom it met there: that depends on the port. */
async function asking({ data, tracker: { flag } }: Settings): Promise<Ask> {
  const identity = await passingIdentity();
  const known: ReadonlyMap<string, PeerId> =
    data === null ? new Map() : (await KnownTrackers.open(data)).all;
  return async (tracker, from) => {
    const question = { flag: flag ?? '', from, identity, known: known.get(hostPortText(tracker)) };
    try {
      return await askBase(tracker, question);
    } catch (error) {
      if (!(error instanceof P2pError) || !NO_ANSWER.has(error.code)) throw error;
      // What is wrong with it the user hears from the client, which meets the same in a moment.
      return undefined;
    }
  };
}

async function firstAnswer(
  trackers: readonly TrackerAddress[],
  ask: (tracker: TrackerAddress) => Promise<number | undefined>,
): Promise<number | undefined> {
  for (const tracker of trackers) {
    const base = await ask(tracker);
    if (base !== undefined) return base;
  }
  return undefined;
}
