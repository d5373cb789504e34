/**
 * Supervision's rules, without threads and time: what has happened goes in, what is to be done comes out.
 *
 * Rather than remembering plans, every step looks at where each member is and does what that calls for:
 * - While stopping, nothing starts; the last one alive is asked to finish, then the one before it. One may be spared: it
 *   lives on until it is asked for as well.
 * - In a rest-for-one group nobody lives while somebody before it waits to be started; who does is stopped,
 *   last first, and all start again in order.
 * - Whoever waits, is due, and is not held back by that rule, starts.
 */
import { isAlive } from './member.js';
import { heard } from './occurrence.js';
import { settled } from './settlement.js';
import type { Decision, Effect, Event, State } from './state.js';

export function step(state: State, event: Event, now: number): Decision {
  const first = heard(state, event, now);
  const then = settled(first.state, now);
  const effects = [...first.effects, ...then.effects];
  const finished = !isFinished(state) && isFinished(then.state);
  return { state: then.state, effects: finished ? [...effects, FINISH] : effects };
}

const FINISH: Effect = { type: 'finish' };

export function isFinished(state: State): boolean {
  return state.goal === 'stop' && !state.members.some(isAlive);
}

/** @returns whether all have ended whom the stop did not spare. */
export function isRested(state: State): boolean {
  const others = state.members.filter(({ child }) => child.name !== state.spared);
  return state.goal === 'stop' && !others.some(isAlive);
}

/** @returns when time alone will call for something; undefined when it will not. */
export function nextDue(state: State): number | undefined {
  const times = state.members.flatMap(({ phase }) => {
    if (phase.at === 'waiting') return phase.dueAt;
    return 'deadline' in phase && phase.deadline !== undefined ? phase.deadline : [];
  });
  return times.length === 0 ? undefined : Math.min(...times);
}
