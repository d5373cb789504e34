/**
 * Discovery: tells the network that this peer is here, hears who else is, and notices who fell silent.
 *
 * It does not dial, and decides nothing about peers: an announcement is a hint where to dial, whoever sent
 * it. It answers nobody (a forged source would make it a reflector); it only announces earlier.
 * It blocks on nothing but, when asked to stop, its three goodbyes (80 ms).
 * When it restarts, what was heard is forgotten and heard anew within a heartbeat; its own sequence goes on
 * above the old one, or the others would take it for a recording.
 */
import {
  concat,
  concatMap,
  defer,
  distinctUntilChanged,
  EMPTY,
  from,
  ignoreElements,
  map,
  merge,
  type Observable,
  of,
  Subject,
  scan,
  share,
  switchMap,
  takeWhile,
  tap,
  timer,
} from 'rxjs';
import { inThread } from '#src/actor/in-thread.js';
import { openDiscovery, wakeAt } from '#src/domain/discovery/discovery.js';
import type { Effect, Event, State } from '#src/domain/discovery/discovery-state.js';
import {
  FLOOD_TROUBLE,
  muteTrouble,
  TWIN_TROUBLE,
} from '#src/domain/discovery/discovery-troubles.js';
import type { ErrorRecord } from '#src/domain/errors.js';
import type { Instance, PeerId } from '#src/domain/ids.js';
import type { Credentials, Self } from '#src/domain/peers/self.js';
import type { Standing } from '#src/domain/peers/standing.js';
import type { Ports } from '#src/domain/ports.js';
import { unreachable } from '#src/domain/unreachable.js';
import { Announcer } from '#src/io/discovery/announcer.js';
import {
  type DiscoveryNetwork,
  type NetworkEvent,
  openDiscoveryNetwork,
} from '#src/io/discovery/discovery-network.js';
import type { Reach } from '#src/io/discovery/discovery-sockets.js';
import { type Step, turnOf } from '#src/io/discovery/discovery-turn.js';
import { type AnnouncerKey, announcerKey } from '#src/wire/announcement.js';
import { announcementSeal } from '#src/wire/sealed-announcement.js';

export type Init = {
  /** The UDP port that all peers of a network share. */
  readonly discoveryPort: number;
  /** Restricts announcing and hearing to this address; `0.0.0.0` for every interface. */
  readonly host: string;
  readonly self: Self;
  readonly credentials: Credentials;
  readonly heartbeatMs: number;
  readonly expiryMs: number;
  /** Whether to announce at once, or only when told to `begin`: once there is something to be dialled. */
  readonly announcing: boolean;
  /** How this peer stands in the mesh as this life begins. */
  readonly standing: Standing;
};

export type In =
  | { readonly type: 'begin' }
  /** How this peer stands in the mesh from now on; told with the next announcement. */
  | ({ readonly type: 'set-standing' } & Standing);

export type Out =
  | { readonly type: 'listening'; readonly port: number }
  /** Signed and fresh; still no more than a hint where to dial. `stop` is its own goodbye. */
  | ({
      readonly type: 'peer-heard';
      readonly peerId: PeerId;
      readonly instance: Instance;
      readonly host: string;
      readonly ports: Ports;
      readonly flag: 'start' | 'alive' | 'stop';
    } & Standing)
  | { readonly type: 'peer-silent'; readonly peerId: PeerId; readonly instance: Instance }
  /** On which interfaces announcing works and where not, whenever that changes. */
  | ({ readonly type: 'reach-changed' } & Reach)
  /** Trouble the user should know of: no interface can announce, the port cannot be bound, a flood. */
  | { readonly type: 'trouble'; readonly error: ErrorRecord };

/** What the actor has at hand while it lives. */
type Shell = {
  readonly init: Init;
  readonly key: AnnouncerKey;
  readonly network: DiscoveryNetwork;
  readonly announcer: Announcer;
  /** What comes back to the machine from its own effects, and its timer. */
  readonly echoes: Subject<Event>;
};

/** What comes in: something to say as it is, or an event for the machine with its datagram, if it is one. */
type Happening = { readonly out: Out } | { readonly event: Event; readonly datagram?: Uint8Array };
type Turn = Step & { readonly out?: Out };

export function discovery(init: Init, inbox: Observable<In>): Observable<Out> {
  return defer(() => {
    const shell = openShell(init);
    const state = openDiscovery(settingsOf(shell), firstSequence(), init.standing);
    const first: Turn = { state, effects: [] };
    const turns = merge(
      concat(inbox.pipe(map(eventOf)), of({ type: 'stop' } as const)).pipe(
        map((event) => ({ event })),
      ),
      shell.echoes.pipe(map((event) => ({ event }))),
      shell.network.events.pipe(concatMap((event) => happeningsOf(event, init.announcing))),
    ).pipe(
      scan((turn: Turn, happening: Happening) => advance(turn.state, happening), first),
      share(),
    );
    return merge(turns, wakes(shell, turns)).pipe(
      concatMap((turn) => outputsOf(shell, turn)),
      takeWhile((said) => said !== FINISHED),
    );
  });
}

const FINISHED = 'finished';

function openShell(init: Init): Shell {
  const key = announcerKey(init.credentials.keyPem);
  const { networkKey } = init.credentials;
  const seal = networkKey && announcementSeal(networkKey);
  const network = openDiscoveryNetwork(init.discoveryPort, init.host, seal);
  const announcer = new Announcer(network, init.self, key);
  return { init, key, network, announcer, echoes: new Subject() };
}

function settingsOf({ init, key }: Shell) {
  return {
    key: Buffer.from(key.raw).toString('hex'),
    instance: init.self.instance,
    heartbeatMs: init.heartbeatMs,
    expiryMs: init.expiryMs,
  };
}

/** Microseconds since the process began: no life of this actor announces that often. */
function firstSequence(): number {
  return Math.floor(process.uptime() * 1e6);
}

function eventOf(order: In): Event {
  return order.type === 'begin' ? { type: 'opened' } : order;
}

function happeningsOf(event: NetworkEvent, announcing: boolean): Observable<Happening> {
  const opened: Happening[] = announcing ? [{ event: { type: 'opened' } }] : [];
  switch (event.type) {
    case 'listening':
      return of<Happening[]>({ out: event }, ...opened);
    case 'unbound':
      // Who cannot hear can still be heard: the others will dial.
      return of<Happening[]>({ out: trouble(event.error) }, ...opened);
    case 'interfaces-changed':
      return of({ event });
    case 'received':
      return of({ event, datagram: event.datagram });
    default:
      return unreachable(event);
  }
}

function advance(state: State, happening: Happening): Turn {
  if ('out' in happening) return { state, effects: [], out: happening.out };
  return turnOf(state, happening.event, happening.datagram);
}

function wakes({ echoes }: Shell, turns: Observable<Turn>): Observable<never> {
  return turns.pipe(
    map(({ state }) => state),
    distinctUntilChanged(),
    map(wakeAt),
    switchMap((at) => (at === Number.POSITIVE_INFINITY ? EMPTY : timer(at - performance.now()))),
    tap(() => echoes.next({ type: 'wake' })),
    ignoreElements(),
  );
}

function outputsOf(shell: Shell, { out, effects }: Turn): Observable<Out | typeof FINISHED> {
  const said = out === undefined ? EMPTY : of(out);
  return concat(said, ...effects.map((effect) => perform(shell, effect)));
}

function perform(shell: Shell, effect: Effect): Observable<Out | typeof FINISHED> {
  switch (effect.type) {
    case 'verify':
      return EMPTY;
    case 'announce':
      return defer(() => announce(shell, effect));
    case 'heard': {
      const { peerId, instance, ports, load, component, flag } = effect.announcement;
      const standing = { load, component };
      const host = effect.source;
      return of({ type: 'peer-heard', peerId, instance, host, ports, flag, ...standing });
    }
    case 'silent':
      return of({ type: 'peer-silent', peerId: effect.peerId, instance: effect.instance });
    case 'mute':
      return of(trouble(muteTrouble(shell.init.host, shell.announcer.reach.failed)));
    case 'flood':
      return of(trouble(FLOOD_TROUBLE));
    case 'twin':
      return of(trouble(TWIN_TROUBLE));
    case 'finish':
      return of(FINISHED);
    default:
      return unreachable(effect);
  }
}

/** Completes once every interface has taken the datagram or refused it. */
function announce(
  { announcer, echoes }: Shell,
  effect: Extract<Effect, { type: 'announce' }>,
): Observable<Out> {
  return from(announcer.announce(effect)).pipe(
    concatMap((isNews) => {
      const { reach } = announcer;
      echoes.next({ type: 'announced', reached: reach.reached.length });
      return isNews ? of<Out>({ type: 'reach-changed', ...reach }) : EMPTY;
    }),
  );
}

function trouble(error: ErrorRecord): Out {
  return { type: 'trouble', error };
}

export default inThread(discovery);
