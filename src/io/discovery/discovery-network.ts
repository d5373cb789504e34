/**
 * The network as discovery sees it: datagrams from where they may come from, and announcements to wherever
 * this machine has an interface at the moment.
 */
import {
  distinctUntilChanged,
  EMPTY,
  filter,
  finalize,
  interval,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  startWith,
} from 'rxjs';
import type { Claim } from '#src/domain/discovery/announcement.js';
import { unboundTrouble } from '#src/domain/discovery/discovery-troubles.js';
import { SealLimits } from '#src/domain/discovery/seal-limits.js';
import { type AnnouncerKey, encodeAnnouncement, parseClaim } from '#src/wire/announcement.js';
import { SEALED_BYTES, type Seal } from '#src/wire/sealed-announcement.js';
import { openDiscoverySockets, type Reach, type SocketEvent } from './discovery-sockets.js';
import { accepts, type Interface, isOwnAddress, scanInterfaces } from './interfaces.js';

export type NetworkEvent =
  | Exclude<SocketEvent, { readonly type: 'datagram' }>
  | { readonly type: 'interfaces-changed' }
  /** Well-formed, and from where it may come from; its signature is not checked yet. */
  | {
      readonly type: 'received';
      readonly claim: Claim;
      readonly datagram: Uint8Array;
      readonly source: string;
      readonly sameMachine: boolean;
    };

export type DiscoveryNetwork = {
  /** To be subscribed to once; closes every socket when it is unsubscribed from. */
  readonly events: Observable<NetworkEvent>;
  /**
   * Announces on every interface, each with a sequence of its own, from `first.sequence` on. Never rejects;
   * resolves once every interface has taken the datagram or refused it.
   */
  announce(first: Omit<Claim, 'key'>, key: AnnouncerKey): Promise<Reach>;
};

/** Networks change seldom and a scan is cheap: a cable plugged in is noticed while it is still in hand. */
const RESCAN_MS = 3000;

/**
 * @param port the shared UDP port; 0 for any free one. @param host the only address to use, or 0.0.0.0.
 * @param seal of a private network: all announcements are sealed with it, and others are none.
 */
export function openDiscoveryNetwork(port: number, host: string, seal?: Seal): DiscoveryNetwork {
  const sockets = openDiscoverySockets(port);
  const open = opener(seal);
  let interfaces: readonly Interface[] = [];
  const changes = interval(RESCAN_MS).pipe(
    startWith(0),
    map(() => {
      interfaces = scanInterfaces(host);
      return sockets.use(interfaces);
    }),
    filter((changed) => changed),
    map((): NetworkEvent => ({ type: 'interfaces-changed' })),
  );
  const heard = sockets.events.pipe(
    // A port that stays busy is said once, however often it is tried.
    distinctUntilChanged((a, b) => a.type === 'unbound' && b.type === 'unbound'),
    mergeMap((event): Observable<NetworkEvent> => {
      if (event.type === 'unbound')
        return of({ ...event, error: unboundTrouble(port, event.error) });
      if (event.type === 'listening') return of(event);
      const { source, bytes } = event;
      if (!accepts(host, interfaces, source)) return EMPTY;
      const sameMachine = isOwnAddress(interfaces, source);
      const datagram = open(bytes, sameMachine ? undefined : source);
      const claim = datagram && parseClaim(datagram);
      if (datagram === undefined || claim === undefined) return EMPTY;
      return of({ type: 'received', claim, datagram, source, sameMachine });
    }),
  );
  return {
    events: merge(heard, changes).pipe(finalize(() => sockets.close())),
    announce: (first, key) =>
      sockets.announce((index) => {
        const fields = { ...first, sequence: first.sequence + index };
        const datagram = encodeAnnouncement(fields, key);
        return seal === undefined ? datagram : seal.seal(datagram);
      }),
  };
}

/** Opens what is sealed as far as that is worth it; where nothing is, all is as it came, and costs nothing yet. */
function opener(seal: Seal | undefined) {
  const limits = new SealLimits();
  return (bytes: Uint8Array, source: string | undefined): Uint8Array | undefined => {
    if (seal === undefined) return bytes;
    if (bytes.length !== SEALED_BYTES || !limits.mayOpen(source, performance.now()))
      return undefined;
    const datagram = seal.open(bytes);
    if (datagram !== undefined) limits.wasSound(source);
    return datagram;
  };
}
