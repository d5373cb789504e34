/** The second half of a decision: what each member's place calls for, given everybody else's. */
import { unreachable } from '#src/domain/unreachable.js';
import { isAlive, isWaiting, type Member } from './member.js';
import { become, change, type Decision, type Effect, only, type State } from './state.js';
import { START_MS } from './tree.js';

export function settled(state: State, now: number): Decision {
  switch (state.goal) {
    case 'idle':
      return only(state);
    case 'stop':
      return stopping(state, now);
    case 'run':
      return starting(holdingBack(state, now), now);
    default:
      return unreachable(state.goal);
  }
}

function stopping(state: State, now: number): Decision {
  const members = state.members.map((member) =>
    isWaiting(member) ? { ...member, phase: { at: 'stopped' } as const } : member,
  );
  const alive = members.filter((member) => isAlive(member) && member.child.name !== state.spared);
  // The adopted do not rest on one another: they finish side by side, before what they rest on.
  const adopted = alive.filter((member) => member.group === undefined);
  const next = adopted.length > 0 ? adopted : alive.slice(-1);
  return next.reduce((so, member) => askedToStop(so, member, now), only({ ...state, members }));
}

/** Stops who lives although one it rests on does not. */
function holdingBack(state: State, now: number): Decision {
  return state.tree.groups.reduce<Decision>((so, group, index) => {
    if (group.strategy !== 'rest-for-one') return so;
    const members = membersOf(so.state, index);
    const first = members.findIndex(isWaiting);
    const last = first < 0 ? undefined : members.slice(first).findLast(isAlive);
    return last === undefined ? so : askedToStop(so, last, now);
  }, only(state));
}

function membersOf(state: State, group: number): readonly Member[] {
  return state.members.filter((member) => member.group === group);
}

function askedToStop(so: Decision, member: Member, now: number): Decision {
  const { name, shutdownMs } = member.child;
  if (member.phase.at !== 'starting' && member.phase.at !== 'running') return so;
  return {
    state: become(so.state, name, { at: 'stopping', deadline: now + shutdownMs }),
    effects: [...so.effects, { type: 'stop', name }],
  };
}

function starting(held: Decision, now: number): Decision {
  return held.state.members.reduce((so, { child }) => {
    const member = so.state.members.find((one) => one.child.name === child.name);
    return member !== undefined && mayStart(so.state, member, now) ? started(so, member, now) : so;
  }, held);
}

function mayStart(state: State, member: Member, now: number): boolean {
  if (member.phase.at !== 'waiting' || member.phase.dueAt > now) return false;
  if (member.group === undefined) return false;
  if (state.tree.groups[member.group]?.strategy !== 'rest-for-one') return true;
  const members = membersOf(state, member.group);
  const place = members.indexOf(member);
  return !members.slice(0, place).some(isWaiting) && !members.slice(place).some(isAlive);
}

function started(so: Decision, member: Member, now: number): Decision {
  if (member.phase.at !== 'waiting') return so;
  const { name } = member.child;
  const { attempt, code } = member.phase;
  const fact =
    attempt === 0
      ? ({ type: 'actor-started', actor: name } as const)
      : ({ type: 'actor-restarted', actor: name, code, attempt } as const);
  const effects: readonly Effect[] = [
    { type: 'start', name },
    { type: 'tell', fact },
  ];
  const state = change(so.state, name, (one) => ({
    ...one,
    phase: { at: 'starting', deadline: now + START_MS },
    restarts: attempt === 0 ? one.restarts : one.restarts + 1,
  }));
  return { state, effects: [...so.effects, ...effects] };
}
