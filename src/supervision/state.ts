/** What supervision knows, what can happen to it, and what it can order: the vocabulary of its decisions. */
import type { Exit } from '#src/actor/actor.js';
import type { Member, Phase } from './member.js';
import type { Child, Tree } from './tree.js';

export type State = {
  readonly goal: 'idle' | 'run' | 'stop';
  /** While stopping: who lives on until another `stop` spares nobody. */
  readonly spared?: string | undefined;
  readonly tree: Tree;
  /** In start order, the adopted last. */
  readonly members: readonly Member[];
};

export type Event =
  | { readonly type: 'begin' }
  | { readonly type: 'adopted'; readonly child: Child }
  /** It turned its first heartbeat. */
  | { readonly type: 'started'; readonly name: string }
  | { readonly type: 'exited'; readonly name: string; readonly exit: Exit }
  | { readonly type: 'hanging'; readonly name: string }
  /** Time has passed. */
  | { readonly type: 'tick' }
  | { readonly type: 'stop'; readonly spared?: string | undefined };

/** What the world may hear. `code` says why: of an end, `normal`, `stopped` or the failure's. */
export type SupervisionFact =
  | { readonly type: 'actor-started'; readonly actor: string }
  | {
      readonly type: 'actor-ended';
      readonly actor: string;
      readonly code: string;
      readonly message: string;
    }
  | {
      readonly type: 'actor-restarted';
      readonly actor: string;
      readonly code: string;
      readonly attempt: number;
    }
  | {
      /** All end, as it failed too often; or the others go on without it. */
      readonly type: 'gave-up' | 'left-out';
      readonly actor: string;
      readonly code: string;
      readonly message: string;
    };

export type Effect =
  | { readonly type: 'start'; readonly name: string }
  | { readonly type: 'stop'; readonly name: string }
  | { readonly type: 'kill'; readonly name: string; readonly why: string }
  | { readonly type: 'tell'; readonly fact: SupervisionFact }
  /** Everything has ended, as it was asked to. */
  | { readonly type: 'finish' };

export type Decision = { readonly state: State; readonly effects: readonly Effect[] };

export function idle(tree: Tree): State {
  const members = tree.groups.flatMap((group, index) =>
    group.children.map((child) => newMember(child, index, { at: 'stopped' })),
  );
  return { goal: 'idle', tree, members };
}

export function newMember(child: Child, group: number | undefined, phase: Phase): Member {
  return { child, group, phase, recent: [], restarts: 0 };
}

/** Nothing to order. */
export function only(state: State): Decision {
  return { state, effects: [] };
}

export function change(state: State, name: string, to: (member: Member) => Member): State {
  const members = state.members.map((member) => (member.child.name === name ? to(member) : member));
  return { ...state, members };
}

export function become(state: State, name: string, phase: Phase): State {
  return change(state, name, (member) => ({ ...member, phase }));
}
