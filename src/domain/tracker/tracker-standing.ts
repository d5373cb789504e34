/** How this peer stands with one tracker, as the user is shown it. Pure but for the set it is handed. */
import type { PeerId } from '#src/domain/ids.js';
import type { TrackerEvent } from './tracker-client.js';

export type TrackerStanding = {
  /** HOST:PORT, as the user gave it. */
  readonly address: string;
  /** `trying`: not reached yet; `refused`: it does not take us, or is not who it should be; `away`: it is tried again. */
  readonly state: 'trying' | 'registered' | 'refused' | 'away';
  /** Other peers that it has told of since this peer began. */
  readonly members: number;
  /** Where it is refused or away: the reason. */
  readonly why?: string;
};

/** As many as anybody looks at one by one; whoever names more without end fills no memory. */
const MOST_COUNTED = 4096;

/** What says that the tracker is there, and that this peer is none of its members. */
const REFUSALS: ReadonlySet<string> = new Set(['refused', 'identity', 'limit']);

export function newStanding(address: string): TrackerStanding {
  return { address, state: 'trying', members: 0 };
}

/** @param heardOf whom it has told of so far: grows. @returns the same where nothing of it changed. */
export function standingAfter(
  standing: TrackerStanding,
  event: TrackerEvent,
  heardOf: Set<PeerId>,
  self: PeerId,
): TrackerStanding {
  const { address } = standing;
  if (event.type === 'failed') {
    const state = REFUSALS.has(event.error.code) ? 'refused' : 'away';
    const why = event.error.message;
    const isSame = standing.state === state && standing.why === why;
    return isSame ? standing : { address, state, members: heardOf.size, why };
  }
  if (event.type !== 'members') return standing;
  for (const { peerId } of event.members) {
    if (peerId !== self && heardOf.size < MOST_COUNTED) heardOf.add(peerId);
  }
  const isSame = standing.state === 'registered' && standing.members === heardOf.size;
  return isSame ? standing : { address, state: 'registered', members: heardOf.size };
}
