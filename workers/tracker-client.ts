/**
 * The tracker's client: keeps this peer registered with the trackers that its user named, and hears from them who else
 * is there.
 *
 * It does not dial those: what a tracker says is a hint, as an announcement is. It is started only where there is a
 * tracker. It waits for nothing but sockets; asked to stop it says goodbye, which takes a second at most.
 * A restart registers anew, and tells anew of a tracker that is away.
 */
import { concat, defer, from, map, merge, mergeMap, type Observable, of, takeWhile } from 'rxjs';
import type { Actor } from '#src/actor/actor.js';
import { inThread } from '#src/actor/in-thread.js';
import { hostPortText } from '#src/domain/host-port.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Credentials, Self } from '#src/domain/peers/self.js';
import type { TrackerAddress } from '#src/domain/tracker/tracker-address.js';
import { unreachable } from '#src/domain/unreachable.js';
import { TrackerClient, type TrackerHeard } from '#src/io/tracker/tracker-client.js';
import { networkTag } from '#src/wire/tracker-message.js';

export type Init = {
  readonly trackers: readonly TrackerAddress[];
  /** Who was met where, by HOST:PORT. */
  readonly known: ReadonlyMap<string, PeerId>;
  /** What a tracker may ask for; empty where it asks for nothing. */
  readonly flag: string;
  readonly heartbeatMs: number;
  readonly self: Self;
  readonly credentials: Credentials;
  /** Whether to register at once, or only when told to `begin`: once there is something to be dialled. */
  readonly announcing: boolean;
};

export type In = { readonly type: 'begin' };

export type Out = TrackerHeard;

type Order = In | { readonly type: 'stop' };

const FINISHED = 'finished';

export const trackerClient: Actor<Init, In, Out> = (init, inbox) =>
  defer(() => {
    const clients = clientsOf(init);
    const first: readonly Order[] = init.announcing ? [{ type: 'begin' }] : [];
    const stop: Order = { type: 'stop' };
    return concat(merge(from(first), inbox), of(stop)).pipe(
      mergeMap((order) => obey(order, clients)),
      takeWhile((said) => said !== FINISHED),
    );
  });

function clientsOf(init: Init): readonly TrackerClient[] {
  const { trackers, known, flag, heartbeatMs, self, credentials } = init;
  const { networkKey, ...own } = credentials;
  const common = { flag, heartbeatMs, self, credentials: own, network: networkTag(networkKey) };
  return trackers.map(
    (tracker) => new TrackerClient(tracker, { ...common, known: known.get(hostPortText(tracker)) }),
  );
}

function obey(order: Order, clients: readonly TrackerClient[]): Observable<Out | typeof FINISHED> {
  switch (order.type) {
    case 'begin':
      return merge(...clients.map((client) => client.heard()));
    case 'stop':
      return from(Promise.all(clients.map((client) => client.leave()))).pipe(map(() => FINISHED));
    default:
      return unreachable(order);
  }
}

export default inThread(trackerClient);
