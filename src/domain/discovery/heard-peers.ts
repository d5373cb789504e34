/** Who was heard lately, and how far each of its instances has counted. */

import type { Instance, PeerId } from '#src/domain/ids.js';
import type { Announcement, Claim } from './announcement.js';

type Run = { readonly instance: Instance; readonly sequence: number };

export type Heard = {
  readonly key: string;
  readonly peerId: PeerId;
  /** Latest instance first: an older one is remembered so that its recordings stay worthless. */
  readonly runs: readonly Run[];
  readonly instance: Instance;
  readonly at: number;
  readonly stopped: boolean;
};

/** As in the peer table: a household of a thousand machines is not one we link with at once. */
const TABLE_ROWS = 1024;
/** More restarts than that within the expiry time are not worth remembering. */
const RUNS = 4;

/**
 * @returns true for a duplicate (each is sent by broadcast and by multicast), for a recording, and for the
 * second and third goodbye.
 */
export function heardAlready(entry: Heard | undefined, claim: Claim): boolean {
  const run = entry?.runs.find((known) => known.instance === claim.instance);
  if (entry === undefined || run === undefined) return false;
  if (claim.sequence <= run.sequence) return true;
  return claim.flag === 'stop' && entry.stopped && entry.instance === claim.instance;
}

/** @returns what is known of the peer once it said this. */
export function heardEntry(before: Heard | undefined, said: Announcement, now: number): Heard {
  const others = before?.runs.filter((run) => run.instance !== said.instance) ?? [];
  const run = { instance: said.instance, sequence: said.sequence };
  return {
    key: said.key,
    peerId: said.peerId,
    runs: [run, ...others].slice(0, RUNS),
    instance: said.instance,
    at: now,
    stopped: said.flag === 'stop',
  };
}

/**
 * Room for one more: the longest silent goes, since whoever lives will be heard again within a heartbeat,
 * whereas refusing newcomers would let invented ones lock the door.
 */
export function makeRoom(
  heard: ReadonlyMap<string, Heard>,
  key: string,
): { readonly kept: ReadonlyMap<string, Heard>; readonly dropped: Heard | undefined } {
  if (heard.has(key) || heard.size < TABLE_ROWS) return { kept: heard, dropped: undefined };
  const oldest = [...heard.values()].reduce((a, b) => (b.at < a.at ? b : a));
  const kept = new Map(heard);
  kept.delete(oldest.key);
  return { kept, dropped: oldest.stopped ? undefined : oldest };
}
