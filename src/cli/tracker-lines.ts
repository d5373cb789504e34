/** What `p2p tracker` tells: as JSON lines, and as sentences. */
import type { PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import type { Tracker, TrackerStatus } from '#src/peer/network/tracker.js';
import { countText, shortId } from './amounts.js';
import { address } from './sentence.js';

type Member = { readonly peerId: PeerId; readonly host: string; readonly port: number };

/** Adding fields and types is fine; removing, renaming or changing a meaning is not. */
export type TrackerLine = { readonly ref?: string } & (
  | ({ readonly type: 'ready'; readonly room: number } & Pick<
      Tracker,
      'peerId' | 'host' | 'port' | 'address'
    >)
  | ({ readonly type: 'member-up' } & Member)
  | ({ readonly type: 'member-down'; readonly reason: string } & Member)
  | ({ readonly type: 'status' } & TrackerStatus)
  | { readonly type: 'members'; readonly members: readonly Member[] }
  | { readonly type: 'error'; readonly code: string; readonly message: string }
  | { readonly type: 'bye'; readonly exitCode: number }
);

const DOWN: Readonly<Record<string, string>> = {
  stopped: 'it stopped',
  lost: 'connection lost',
  replaced: 'it came again',
  'crowded-out': 'its address has too many',
};

export function trackerSentence(line: TrackerLine): string {
  switch (line.type) {
    case 'ready':
      return `Ready: tracker ${shortId(line.peerId)} on ${address(line.host, line.port)}, with room for ${countText(line.room, 'peer')}. Peers are to be started with\n  --tracker ${line.address}`;
    case 'member-up':
      return `+ ${memberText(line)}`;
    case 'member-down':
      return `- ${memberText(line)}: ${DOWN[line.reason] ?? line.reason}`;
    case 'status':
      return `${countText(line.members, 'peer')} registered, room for ${line.room}; up for ${Math.round(line.uptimeMs / 1000)} s`;
    case 'members':
      return line.members.length === 0
        ? 'No peer is registered.'
        : line.members.map(memberText).join('\n');
    case 'error':
      return `Error: ${printable(line.message)}`;
    case 'bye':
      return 'Goodbye.';
    default:
      return line satisfies never;
  }
}

function memberText({ peerId, host, port }: Member): string {
  return `${shortId(peerId)} at ${address(host, port)}`;
}
