/** Where a tracker is, as people write it: HOST:PORT, or ID@HOST:PORT, by which nobody else is taken for it. */
import { type HostPort, hostPortText, LAST_PORT, parseHostPort } from '#src/domain/host-port.js';
import { type PeerId, parsePeerId } from '#src/domain/ids.js';

export type TrackerAddress = HostPort & {
  /** Whose key it is to have; undefined where the user did not say. */
  readonly peerId: PeerId | undefined;
};

/** @returns undefined unless it is one. */
export function parseTracker(text: string): TrackerAddress | undefined {
  const at = text.indexOf('@');
  const peerId = at < 0 ? undefined : parsePeerId(text.slice(0, at));
  if (at >= 0 && peerId === undefined) return undefined;
  const address = parseHostPort(text.slice(at + 1), LAST_PORT);
  return address && { ...address, peerId };
}

/** @returns what to give to peers, as `parseTracker` takes it. */
export function trackerText(peerId: PeerId, address: HostPort): string {
  return `${peerId}@${hostPortText(address)}`;
}
