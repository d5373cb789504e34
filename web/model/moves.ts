/** What is asked for anew when something happens, as no event tells of it. Pure. */
import type { Told } from '#src/peer/api.js';

const SHARES = /^(share-|peer-|download-completed)/;
const TOPOLOGY = /^(peer-(up|down)|link-)/;

/** @returns whether what is shared has changed, here or elsewhere. */
export function movesShares(told: readonly Told[]): boolean {
  return told.some(({ type }) => SHARES.test(type));
}

export function movesTopology(told: readonly Told[]): boolean {
  return told.some(({ type }) => TOPOLOGY.test(type));
}
