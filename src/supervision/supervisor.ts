/**
 * Carries out what `decision.ts` decides: starts, stops and kills actors, listens to their exits and
 * heartbeats, and gives each actor one stream that goes on from life to life.
 *
 * It keeps no rules and no memory of what actors are told: a message sent between two lives is dropped, and
 * what an actor must know is computed afresh for each life by the function that starts it.
 */
import type { Observable } from 'rxjs';
import type { ActorHandle } from '#src/actor/actor.js';
import { unreachable } from '#src/domain/unreachable.js';
import { type Clock, SYSTEM_CLOCK } from './clock.js';
import { type AnyHandle, Loop, type Starters } from './loop.js';
import type { Member } from './member.js';
import type { SupervisionFact } from './state.js';
import type { Tree } from './tree.js';

type InOf<Start> = Start extends () => ActorHandle<infer In, infer _> ? In : never;
type OutOf<Start> = Start extends () => ActorHandle<infer _, infer Out> ? Out : never;

type ActorState = 'starting' | 'running' | 'restarting' | 'stopped';

export type Supervisor<S extends Starters> = {
  /** Hot; completes when everything has ended. */
  readonly facts: Observable<SupervisionFact>;
  /** Starts the tree. Subscribe to `facts` and `out` first: both are hot. */
  begin(): void;
  /** Dropped while the actor is between two lives. */
  send<Name extends keyof S & string>(name: Name, message: InOf<S[Name]>): void;
  /** What it says in all its lives, one after the other; completes when everything has ended. */
  out<Name extends keyof S & string>(name: Name): Observable<OutOf<S[Name]>>;
  /**
   * Watches over an actor somebody else started, until it ends: it is killed when it hangs, stopped with the
   * tree, and never restarted. A name may be used again after its `actor-ended`.
   */
  adopt(name: string, handle: AnyHandle): void;
  /** Every actor there is, in start order. */
  actors(): readonly {
    readonly actor: string;
    readonly state: ActorState;
    readonly restarts: number;
  }[];
  state(name: string): ActorState;
  /** How late a heartbeat of it was at worst since this was last asked. */
  lateMs(name: string): number;
  restarts(name: string): number;
  /** Drills; false when no such actor lives. */
  kill(name: string): boolean;
  hang(name: string): boolean;
  /**
   * Resolves when every actor has ended: asked, in reverse start order, and killed if it must be.
   * @param spared lives on, until this is asked for again and spares nobody; it is not started again.
   */
  stop(spared?: keyof S & string): Promise<void>;
};

/** @param options.start how each actor of the tree is started, by name; called afresh for every life. */
export function superviseTree<S extends Starters>(
  tree: Tree,
  options: { readonly start: S; readonly clock?: Clock },
): Supervisor<S> {
  const loop = new Loop(tree, options.start, options.clock ?? SYSTEM_CLOCK);
  return {
    facts: loop.facts.asObservable(),
    begin: () => loop.begin(),
    send: (name, message) => loop.handle(name)?.send(message),
    out: <Name extends keyof S & string>(name: Name) =>
      loop.outOf(name) as Observable<OutOf<S[Name]>>,
    adopt: (name, handle) => loop.adopt(name, handle),
    actors: () => loop.members().map(rowOf),
    state: (name) => stateOf(loop.members().find(({ child }) => child.name === name)),
    lateMs: (name) => loop.handle(name)?.lateMs() ?? 0,
    restarts: (name) => loop.members().find(({ child }) => child.name === name)?.restarts ?? 0,
    kill: (name) => loop.drill(name, (handle) => handle.kill('A drill.')),
    hang: (name) => loop.drill(name, (handle) => handle.hang()),
    stop: (spared) => loop.stop(spared),
  };
}

function rowOf(member: Member): ReturnType<Supervisor<Starters>['actors']>[number] {
  return { actor: member.child.name, state: stateOf(member), restarts: member.restarts };
}

function stateOf(member: Member | undefined): ActorState {
  if (member === undefined) return 'stopped';
  const { phase } = member;
  switch (phase.at) {
    case 'starting':
    case 'running':
      return phase.at;
    case 'waiting':
    case 'condemned':
      return 'restarting';
    case 'stopping':
    case 'stopped':
      return 'stopped';
    default:
      return unreachable(phase);
  }
}
