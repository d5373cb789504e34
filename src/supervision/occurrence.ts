/** The first half of a decision: what an event changes for the member it concerns. */
import type { Exit } from '#src/actor/actor.js';
import type { ErrorRecord } from '#src/domain/errors.js';
import { unreachable } from '#src/domain/unreachable.js';
import { backingOff, isAlive, type Member, mustRestart, type Phase, recordOf } from './member.js';
import {
  become,
  change,
  type Decision,
  type Effect,
  type Event,
  newMember,
  only,
  type State,
} from './state.js';
import { type Child, START_MS } from './tree.js';

/** Why a sibling was stopped and started again although it had not failed. */
const SIBLING = 'sibling-failed';

export function heard(state: State, event: Event, now: number): Decision {
  switch (event.type) {
    case 'begin':
      return begun(state, now);
    case 'adopted':
      return adopted(state, event.child, now);
    case 'started':
      return only(
        change(state, event.name, (member) =>
          member.phase.at === 'starting' ? { ...member, phase: { at: 'running' } } : member,
        ),
      );
    case 'exited':
      return exited(state, event.name, event.exit, now);
    case 'hanging':
      return condemned(state, event.name, HANGING);
    case 'tick':
      return overdue(state, now);
    case 'stop':
      return only({ ...state, goal: 'stop', spared: event.spared });
    default:
      return unreachable(event);
  }
}

const HANGING: ErrorRecord = { code: 'hanging', message: 'It hung: its event loop stood still.' };
const NEVER_STARTED: ErrorRecord = { code: 'timed-out', message: 'It never said it had started.' };

function begun(state: State, now: number): Decision {
  if (state.goal !== 'idle') return only(state);
  const phase: Phase = { at: 'waiting', dueAt: now, attempt: 0, code: '' };
  const members = state.members.map((member) => ({ ...member, phase }));
  return only({ ...state, goal: 'run', members });
}

function adopted(state: State, child: Child, now: number): Decision {
  const member = newMember(child, undefined, { at: 'starting', deadline: now + START_MS });
  return {
    state: { ...state, members: [...state.members, member] },
    effects: [{ type: 'tell', fact: { type: 'actor-started', actor: child.name } }],
  };
}

function exited(state: State, name: string, exit: Exit, now: number): Decision {
  const member = state.members.find((one) => one.child.name === name);
  if (member === undefined || !isAlive(member)) return only(state);
  const { code, message } = recordOf(member, exit);
  const effects: Effect[] = [
    { type: 'tell', fact: { type: 'actor-ended', actor: name, code, message } },
  ];
  if (member.group === undefined) {
    return { state: { ...state, members: state.members.filter((one) => one !== member) }, effects };
  }
  if (state.goal === 'stop') return { state: become(state, name, { at: 'stopped' }), effects };
  if (member.phase.at === 'stopping' && member.child.restart !== 'temporary') {
    const phase: Phase = { at: 'waiting', dueAt: now, attempt: 1, code: SIBLING };
    return { state: become(state, name, phase), effects };
  }
  if (!mustRestart(member, exit)) {
    return { state: become(state, name, { at: 'stopped' }), effects };
  }
  const waiting = backingOff(member, code, now);
  if (waiting !== undefined) return { state: change(state, name, () => waiting), effects };
  return failedTooOften(state, member, { code, message }, effects);
}

function failedTooOften(
  state: State,
  { child: { name: actor, isDispensable } }: Member,
  why: ErrorRecord,
  before: readonly Effect[],
): Decision {
  const told = (type: 'gave-up' | 'left-out'): readonly Effect[] => [
    ...before,
    { type: 'tell', fact: { type, actor, ...why } },
  ];
  const without = become(state, actor, { at: 'stopped' });
  if (isDispensable === true) return { state: without, effects: told('left-out') };
  return { state: { ...without, goal: 'stop' }, effects: told('gave-up') };
}

function condemned(state: State, name: string, error: ErrorRecord): Decision {
  const member = state.members.find((one) => one.child.name === name);
  const { at } = member?.phase ?? { at: 'stopped' };
  // One that is being stopped has its own deadline.
  if (at !== 'starting' && at !== 'running') return only(state);
  return {
    state: become(state, name, { at: 'condemned', error }),
    effects: [{ type: 'kill', name, why: error.message }],
  };
}

function overdue(state: State, now: number): Decision {
  return state.members.reduce<Decision>((so, { child, phase }) => {
    if (!('deadline' in phase) || phase.deadline === undefined || phase.deadline > now) return so;
    const { state, effects } =
      phase.at === 'starting'
        ? condemned(so.state, child.name, NEVER_STARTED)
        : killed(so.state, child.name);
    return { state, effects: [...so.effects, ...effects] };
  }, only(state));
}

function killed(state: State, name: string): Decision {
  return {
    state: become(state, name, { at: 'stopping', deadline: undefined }),
    effects: [{ type: 'kill', name, why: 'It did not finish in time.' }],
  };
}
