/** The trackers that the user named, and how this peer stands with each. */
import { hostPortText } from '#src/domain/host-port.js';
import { parseTracker } from '#src/domain/tracker/tracker-address.js';
import { newStanding, type TrackerStanding } from '#src/domain/tracker/tracker-standing.js';

export class TrackerList {
  readonly #rows = new Map<string, TrackerStanding>();

  /** @param trackers as in the settings. */
  constructor(trackers: readonly string[]) {
    for (const tracker of trackers.flatMap((text) => parseTracker(text) ?? [])) {
      this.hear(newStanding(hostPortText(tracker)));
    }
  }

  /** In the order in which they were named. */
  get rows(): readonly TrackerStanding[] {
    return [...this.#rows.values()];
  }

  hear({ address, state, members, why }: TrackerStanding): void {
    this.#rows.set(address, { address, state, members, ...(why !== undefined && { why }) });
  }
}
