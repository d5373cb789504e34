/** The way to a tracker, for a peer: it is proven before anything is said, and told no more than it needs. */

import { plainAddress } from '#src/domain/discovery/nearness.js';
import { P2pError, toRecord } from '#src/domain/errors.js';
import { hostPortText } from '#src/domain/host-port.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Credentials, Self } from '#src/domain/peers/self.js';
import { type TrackerAddress, trackerText } from '#src/domain/tracker/tracker-address.js';
import type { TurnedDown } from '#src/domain/tracker/tracker-message.js';
import { dialChannel } from '#src/io/net/channel.js';
import { openSession, type Session } from '#src/io/net/session.js';

export type TrackerLineOptions = {
  readonly self: Self;
  /** Without a network's key, which would be asked for. */
  readonly credentials: Credentials;
  readonly pingMs: number;
  readonly deadAfterMs: number;
  readonly timeoutMs?: number;
  /** Who was there before, where the user has not said who it is to be. */
  readonly known: PeerId | undefined;
};

export type TrackerLine = {
  readonly session: Session;
  /** Its IP address. */
  readonly host: string;
};

/**
 * Dials and says hello, as someone without a name, features and network: a tracker has no use for them.
 * @throws P2pError `identity` where it is another than it should be, or as dialling does, in words about the tracker
 */
export async function openTrackerLine(
  tracker: TrackerAddress,
  options: TrackerLineOptions,
): Promise<TrackerLine> {
  try {
    return await opened(tracker, options);
  } catch (error) {
    throw aboutTracker(tracker, error);
  }
}

async function opened(
  tracker: TrackerAddress,
  { known, timeoutMs, ...options }: TrackerLineOptions,
): Promise<TrackerLine> {
  const { host, port } = tracker;
  const channel = await dialChannel({ host, port, credentials: options.credentials, timeoutMs });
  const expected = tracker.peerId ?? known;
  if (expected !== undefined && channel.peerId !== expected) {
    channel.socket.destroy();
    throw otherIdentity(tracker, expected, channel.peerId);
  }
  const self = { ...options.self, name: '', features: [] };
  const session = await openSession(channel, 'tracker', { ...options, self });
  return { session, host: plainAddress(channel.socket.remoteAddress ?? '') };
}

/** Whoever reads it has peers beside trackers: a line about a tracker names it. */
function aboutTracker(tracker: TrackerAddress, cause: unknown): P2pError {
  const where = hostPortText(tracker);
  const { message } = toRecord(cause);
  const said = message.startsWith(where) ? message : `${where}: ${message}`;
  if (!(cause instanceof P2pError)) {
    return new P2pError('actor-failed', `the tracker ${said}`, { cause });
  }
  if (message.includes(`tracker ${where}`)) return cause;
  return new P2pError(cause.code, `the tracker ${said}`, { cause });
}

/** @returns what the tracker meant by its last word. */
export function turnedDown(tracker: TrackerAddress, reason: TurnedDown): P2pError {
  const where = hostPortText(tracker);
  if (reason === 'full')
    return new P2pError('limit', `the tracker ${where} has no room for this peer`);
  return new P2pError(
    'refused',
    `the tracker ${where} wants another flag: set \`tracker.flag\` (P2P_TRACKER_FLAG) to the word it was started with`,
  );
}

function otherIdentity(tracker: TrackerAddress, expected: PeerId, found: PeerId): P2pError {
  const where = hostPortText(tracker);
  const mend =
    tracker.peerId === undefined
      ? `; if its owner says that it was set up anew, give --tracker ${trackerText(found, tracker)}`
      : '';
  return new P2pError(
    'identity',
    `the tracker ${where} is not ${expected} but ${found}, and is refused: somebody may stand in for it${mend}`,
  );
}
