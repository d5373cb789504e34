/** What comes and what goes. Pure. */
import type { PeerId } from '#src/domain/ids.js';
import type { Told } from '#src/peer/api.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import type { Shares } from './shares.js';

/** `path`: where it lies, once that was told. `givers`: whom it has come from. */
export type Transfer = TransferRow & {
  readonly path?: string;
  readonly givers?: readonly PeerId[];
};

/** Several peers take one send: a row for each. */
export type Transfers = ReadonlyMap<string, Transfer>;

export const NO_TRANSFERS: Transfers = new Map();

/** Which of them come first. */
const RANK: Readonly<Record<TransferRow['state'], number>> = {
  running: 0,
  waiting: 1,
  paused: 2,
  offered: 3,
  failed: 4,
  completed: 5,
  cancelled: 6,
};

const OVER: ReadonlySet<TransferRow['state']> = new Set(['completed', 'failed', 'cancelled']);

export function transferKey({ transferId, direction, peerId }: TransferRow): string {
  return direction === 'down' ? transferId : `${transferId}/${peerId ?? ''}`;
}

export function transfersFrom(rows: readonly TransferRow[]): Transfers {
  return new Map(rows.map((row) => [transferKey(row), row]));
}

export function stepTransfers(transfers: Transfers, event: Told): Transfers {
  if (event.type === 'transfer') {
    const { type: _, ...row } = event;
    const { path, givers } = transfers.get(transferKey(row)) ?? {};
    const known = { ...(path !== undefined && { path }), ...(givers !== undefined && { givers }) };
    return new Map(transfers).set(transferKey(row), { ...row, ...known });
  }
  if (event.type === 'transfer-completed') {
    const row = transfers.get(event.transferId);
    if (row === undefined) return transfers;
    return new Map(transfers).set(event.transferId, { ...row, path: event.path });
  }
  if (event.type === 'download-completed') return withGivers(transfers, event);
  if (event.type === 'transfer-failed') {
    const row = transfers.get(event.transferId);
    if (row === undefined) return transfers;
    const why = { code: event.code, message: event.message };
    return new Map(transfers).set(event.transferId, { ...row, why });
  }
  return transfers;
}

/** The event names the content, and has no other name of the transfer. */
function withGivers(
  transfers: Transfers,
  { id, sources }: Extract<Told, { type: 'download-completed' }>,
): Transfers {
  const givers = [...new Set(sources.map(({ peerId }) => peerId))];
  const isIt = (row: Transfer) =>
    row.direction === 'down' && row.id === id && row.givers === undefined;
  const found = [...transfers].find(([, row]) => isIt(row));
  if (found === undefined || givers.length === 0) return transfers;
  return new Map(transfers).set(found[0], { ...found[1], givers });
}

/** @returns whom it comes or came from, or whom it is for, as far as that is known. */
export function withWhom({ peerId, from, givers }: Transfer): readonly PeerId[] {
  return peerId === undefined ? (from ?? givers ?? []) : [peerId];
}

export function isOver({ state }: TransferRow): boolean {
  return OVER.has(state);
}

/** @returns between 0 and 1; undefined while it is not known how much there is. */
export function shareDone({ bytes, totalBytes, state }: TransferRow): number | undefined {
  if (state === 'completed') return 1;
  if (totalBytes === null) return undefined;
  return totalBytes === 0 ? 0 : Math.min(bytes / totalBytes, 1);
}

/** @returns where what has arrived lies, as far as that is known: it was told, or is still found here. */
export function whereIs(
  { direction, state, id, path }: Transfer,
  shares: Shares,
): string | undefined {
  if (direction === 'up' || state !== 'completed') return undefined;
  return path ?? shares.find((row) => row.id === id)?.path ?? undefined;
}

/** Those that move first; among equals the latest, as the peer tells them oldest first. */
export function transfersInOrder(transfers: Transfers): readonly Transfer[] {
  return [...transfers.values()]
    .toReversed()
    .toSorted((one, other) => RANK[one.state] - RANK[other.state]);
}

/** What can be done with it now. */
export type TransferDeed = 'pause' | 'resume' | 'cancel';

export function deedsOf({ state }: TransferRow): readonly TransferDeed[] {
  if (state === 'completed' || state === 'cancelled') return [];
  if (state === 'failed') return ['resume'];
  return [state === 'paused' ? 'resume' : 'pause', 'cancel'];
}
