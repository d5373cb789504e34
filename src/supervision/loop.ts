/**
 * The loop that carries out what `decision.ts` decides: it starts, stops and kills, and listens to exits,
 * heartbeats and time. It has no rules of its own.
 */
import { Subject } from 'rxjs';
import type { ActorHandle } from '#src/actor/actor.js';
import { toRecord } from '#src/domain/errors.js';
import { unreachable } from '#src/domain/unreachable.js';
import { awakeTime, type Clock } from './clock.js';
import { isFinished, isRested, nextDue, step } from './decision.js';
import { FRESH, isHanging, TICK_MS, type Watch, watched } from './heartbeat.js';
import type { Member } from './member.js';
import { type Effect, type Event, idle, type State, type SupervisionFact } from './state.js';
import type { Child, Tree } from './tree.js';

/** Whatever it hears and says: the loop passes messages on and never looks into them. */
export type AnyHandle = ActorHandle<unknown, unknown>;
export type Starters = { readonly [name: string]: () => AnyHandle };

/** One life of an actor, as the loop holds it. */
type Life = { readonly handle: AnyHandle; watch: Watch };

/** An adopted actor rests on nothing and others do not rest on it: two seconds to flush are plenty. */
const ADOPTED_SHUTDOWN_MS = 2000;

export class Loop {
  readonly facts = new Subject<SupervisionFact>();
  readonly #outs = new Map<string, Subject<unknown>>();
  readonly #lives = new Map<string, Life>();
  readonly #starters: Starters;
  readonly #clock: Clock;
  readonly #awake: () => number;
  readonly #events: Event[] = [];
  readonly #finished: Promise<void>;
  /** Who waits until all have ended but the one that is spared. */
  readonly #resting: (() => void)[] = [];
  #resolveFinished: () => void = () => undefined;
  #state: State;
  #deciding = false;
  #tickedAt = 0;
  #cancelTicks: () => void = () => undefined;
  #cancelDue: () => void = () => undefined;

  constructor(tree: Tree, starters: Starters, clock: Clock) {
    this.#state = idle(tree);
    this.#starters = starters;
    this.#clock = clock;
    this.#awake = awakeTime(clock, 2 * TICK_MS);
    this.#finished = new Promise((resolve) => {
      this.#resolveFinished = resolve;
    });
  }

  begin(): void {
    this.#tickedAt = this.#clock.now();
    this.#cancelTicks = this.#clock.every(TICK_MS, () => this.#tick());
    this.#hear({ type: 'begin' });
  }

  stop(spared?: string): Promise<void> {
    const rested = new Promise<void>((resolve) => void this.#resting.push(resolve));
    this.#hear({ type: 'stop', spared });
    return spared === undefined ? this.#finished : rested;
  }

  adopt(name: string, handle: AnyHandle): void {
    if (isFinished(this.#state)) {
      handle.kill('Everything has ended.');
      return;
    }
    if (this.#lives.has(name)) throw new Error(`an actor named ${name} lives already`);
    this.#hold(name, handle);
    const child: Child = { name, restart: 'temporary', shutdownMs: ADOPTED_SHUTDOWN_MS };
    this.#hear({ type: 'adopted', child });
  }

  handle(name: string): AnyHandle | undefined {
    return this.#lives.get(name)?.handle;
  }

  members(): readonly Member[] {
    return this.#state.members;
  }

  drill(name: string, act: (handle: AnyHandle) => void): boolean {
    const handle = this.handle(name);
    if (handle !== undefined) act(handle);
    return handle !== undefined;
  }

  outOf(name: string): Subject<unknown> {
    const known = this.#outs.get(name);
    if (known !== undefined) return known;
    const out = new Subject<unknown>();
    this.#outs.set(name, out);
    return out;
  }

  /** Events that effects cause wait their turn, so that every decision sees a whole state. */
  #hear(event: Event): void {
    this.#events.push(event);
    if (this.#deciding) return;
    this.#deciding = true;
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
      const { state, effects } = step(this.#state, next, this.#awake());
      this.#state = state;
      for (const effect of effects) this.#carryOut(effect);
    }
    this.#deciding = false;
    if (isRested(this.#state)) for (const resolve of this.#resting.splice(0)) resolve();
    this.#wakeWhenDue();
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'start':
        this.#startLife(effect.name);
        break;
      case 'stop':
        this.handle(effect.name)?.stop();
        break;
      case 'kill':
        this.handle(effect.name)?.kill(effect.why);
        break;
      case 'tell':
        this.facts.next(effect.fact);
        break;
      case 'finish':
        this.#end();
        break;
      default:
        unreachable(effect);
    }
  }

  #startLife(name: string): void {
    try {
      const handle = this.#starters[name]?.();
      if (handle === undefined) throw new Error(`nothing says how to start ${name}`);
      handle.out.subscribe((message) => this.outOf(name).next(message));
      this.#hold(name, handle);
    } catch (error) {
      this.#hear({ type: 'exited', name, exit: { reason: 'failed', error: toRecord(error) } });
    }
  }

  #hold(name: string, handle: AnyHandle): void {
    this.#lives.set(name, { handle, watch: FRESH });
    void handle.exit.then((exit) => {
      this.#lives.delete(name);
      this.#hear({ type: 'exited', name, exit });
    });
  }

  #tick(): void {
    const now = this.#clock.now();
    const sinceMs = now - this.#tickedAt;
    this.#tickedAt = now;
    for (const [name, life] of this.#lives) {
      const beats = life.handle.beats();
      if (beats > 0) this.#hear({ type: 'started', name });
      life.watch = watched(life.watch, beats, sinceMs);
      if (isHanging(life.watch)) this.#hear({ type: 'hanging', name });
    }
    this.#hear({ type: 'tick' });
  }

  /** Back-offs are shorter than a tick. What is due but held back comes with the event that frees it. */
  #wakeWhenDue(): void {
    this.#cancelDue();
    const due = nextDue(this.#state);
    const waitMs = due === undefined ? 0 : due - this.#awake();
    this.#cancelDue =
      waitMs > 0 ? this.#clock.after(waitMs, () => this.#hear({ type: 'tick' })) : () => undefined;
  }

  #end(): void {
    this.#cancelTicks();
    for (const out of this.#outs.values()) out.complete();
    this.facts.complete();
    this.#resolveFinished();
  }
}
