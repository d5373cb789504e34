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
  filter,
  finalize,
  from,
  ignoreElements,
  interval,
  map,
  merge,
  type Observable,
  of,
  scan,
  share,
  startWith,
  Subject,
  switchMap,
  takeWhile,
  tap,
  timer,
} from 'rxjs';
import type { Announcement } from '#src/domain/announcement.js';
import {
  type Effect,
  type Event,
  openDiscovery,
  type State,
  stepDiscovery,
  wakeAt,
} from '#src/domain/discovery.js';
import type { ErrorRecord } from '#src/domain/errors.js';
import type { Instance, PeerId } from '#src/domain/ids.js';
import type { Ports } from '#src/domain/ports.js';
import type { Credentials, Self } from '#src/domain/self.js';
import { unreachable } from '#src/domain/unreachable.js';
import {
  type DiscoverySockets,
  openDiscoverySockets,
  type Reach,
  type SocketEvent,
} from '#src/io/discovery-sockets.js';
import { accepts, isOwnAddress, scanInterfaces } from '#src/io/interfaces.js';
import {
  type AnnouncerKey,
  announcerKey,
  encodeAnnouncement,
  parseClaim,
  prove,
} from '#src/wire/announcement.js';

export type Init = {
  /** The UDP port that all peers of a network share. */
  readonly discoveryPort: number;
  /** Restricts announcing and hearing to this address; `0.0.0.0` for every interface. */
  readonly host: string;
  readonly self: Self;
  readonly credentials: Credentials;
  readonly heartbeatMs: number;
  readonly expiryMs: number;
};

export type In = { readonly type: 'set-load'; readonly load: number };

export type Out =
  | { readonly type: 'listening'; readonly port: number }
  /** Signed and fresh; still no more than a hint where to dial. `stop` is its own goodbye. */
  | {
      readonly type: 'peer-heard';
      readonly peerId: PeerId;
      readonly instance: Instance;
      readonly host: string;
      readonly ports: Ports;
      readonly load: number;
      readonly flag: 'start' | 'alive' | 'stop';
    }
  | { readonly type: 'peer-silent'; readonly peerId: PeerId; readonly instance: Instance }
  /** On which interfaces announcing works and where not, whenever that changes. */
  | ({ readonly type: 'reach-changed' } & Reach)
  /** Trouble the user should know of: no interface can announce, the port cannot be bound, a flood. */
  | { readonly type: 'trouble'; readonly error: ErrorRecord };

/** Networks change seldom and a scan is cheap: a cable plugged in is noticed while it is still in hand. */
const RESCAN_MS = 3000;

/** What the actor has at hand while it lives; `reach` is as it was last told. */
type Shell = {
  readonly init: Init;
  readonly key: AnnouncerKey;
  readonly sockets: DiscoverySockets;
  /** What happens because of an effect: its result, or its time having come. */
  readonly echoes: Subject<Event>;
  interfaces: ReturnType<typeof scanInterfaces>;
  reach: string;
};

/** What happens in one turn: outputs at once, or an event for the machine, or both. */
type Happening = { readonly event?: Event; readonly out?: Out; readonly bytes?: Uint8Array };
type Turn = { readonly state: State; readonly effects: readonly Effect[]; readonly out?: Out };

export function discovery(init: Init, inbox: Observable<In>): Observable<Out> {
  return defer(() => {
    const shell = openShell(init);
    const first: Turn = { state: openDiscovery(settingsOf(shell), firstSequence()), effects: [] };
    const happenings = merge(
      concat(inbox, of({ type: 'stop' } as const)).pipe(map((event): Happening => ({ event }))),
      shell.echoes.pipe(map((event): Happening => ({ event }))),
      shell.sockets.events.pipe(concatMap((event) => happeningsOf(shell, event))),
      networkChanges(shell),
    );
    const turns = happenings.pipe(
      scan((turn, happening) => advance(shell, turn.state, happening), first),
      share(),
    );
    return merge(turns, wakes(shell, turns)).pipe(
      concatMap((turn) => outputsOf(shell, turn)),
      takeWhile((said) => said !== 'finished'),
      finalize(() => shell.sockets.close()),
    );
  });
}

function openShell(init: Init): Shell {
  return {
    init,
    key: announcerKey(init.credentials.keyPem),
    sockets: openDiscoverySockets(init.discoveryPort),
    echoes: new Subject(),
    interfaces: [],
    reach: '',
  };
}

function settingsOf({ init, key }: Shell) {
  return {
    key: Buffer.from(key.raw).toString('hex'),
    instance: init.self.instance,
    heartbeatMs: init.heartbeatMs,
    expiryMs: init.expiryMs,
  };
}

/** Microseconds since the process began: no life of this actor announces a million times a second. */
function firstSequence(): number {
  return Math.floor(process.uptime() * 1e6);
}

function networkChanges(shell: Shell): Observable<Happening> {
  return interval(RESCAN_MS).pipe(
    startWith(0),
    map(() => {
      shell.interfaces = scanInterfaces(shell.init.host);
      return shell.sockets.use(shell.interfaces);
    }),
    filter((changed) => changed),
    map((): Happening => ({ event: { type: 'interfaces-changed' } })),
  );
}

function happeningsOf(shell: Shell, event: SocketEvent): Observable<Happening> {
  switch (event.type) {
    case 'listening':
      return of<Happening>({ out: event }, { event: { type: 'opened' } });
    case 'unbound':
      return of<Happening>({ out: unboundTrouble(shell, event.error) }, { event: { type: 'opened' } });
    case 'datagram':
      return datagram(shell, event);
    default:
      return unreachable(event);
  }
}

function datagram(
  shell: Shell,
  { bytes, source }: Extract<SocketEvent, { type: 'datagram' }>,
): Observable<Happening> {
  if (!accepts(shell.init.host, shell.interfaces, source)) return EMPTY;
  const claim = parseClaim(bytes);
  if (claim === undefined) return EMPTY;
  const sameMachine = isOwnAddress(shell.interfaces, source);
  return of({ event: { type: 'received', claim, source, sameMachine }, bytes });
}

/** One step of the machine, and for a claim that deserves it the check of its signature and the next step. */
function advance(shell: Shell, state: State, { event, out, bytes }: Happening): Turn {
  if (event === undefined) return { state, effects: [], ...(out && { out }) };
  // A timer may fire a moment early; what it was set for is due nevertheless.
  const now = event.type === 'wake' ? Math.max(performance.now(), wakeAt(state)) : performance.now();
  const step = stepDiscovery(state, event, now, Math.random());
  if (event.type !== 'received' || bytes === undefined || step.effects[0]?.type !== 'verify')
    return step;
  const announcement = prove(event.claim, bytes);
  if (announcement === undefined) return { state: step.state, effects: [] };
  const proof: Event = { type: 'proven', announcement, source: event.source };
  return stepDiscovery(step.state, proof, now, Math.random());
}

function wakes({ echoes }: Shell, turns: Observable<Turn>): Observable<never> {
  return turns.pipe(
    map((turn) => turn.state),
    distinctUntilChanged(),
    switchMap((state) => {
      const at = wakeAt(state);
      return at === Number.POSITIVE_INFINITY ? EMPTY : timer(Math.max(0, at - performance.now()));
    }),
    tap(() => echoes.next({ type: 'wake' })),
    ignoreElements(),
  );
}

function outputsOf(shell: Shell, turn: Turn): Observable<Out | 'finished'> {
  const said = turn.out === undefined ? EMPTY : of(turn.out);
  return concat(said, ...turn.effects.map((effect) => perform(shell, effect)));
}

function perform(shell: Shell, effect: Effect): Observable<Out | 'finished'> {
  switch (effect.type) {
    case 'verify':
      return EMPTY;
    case 'announce':
      return defer(() => announce(shell, effect));
    case 'heard':
      return of(heardOf(effect.announcement, effect.source));
    case 'silent':
      return of({ type: 'peer-silent', ...pick(effect.entry) });
    case 'mute':
      return of(trouble('unreachable', muteSentence(shell)));
    case 'flood':
      return of(trouble('limit', FLOOD_SENTENCE));
    case 'twin':
      return of(trouble('identity', TWIN_SENTENCE));
    case 'finish':
      return of('finished');
    default:
      return unreachable(effect);
  }
}
