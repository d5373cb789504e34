/** One supervised actor as the decision sees it: its rule, where it is in its life, and what went wrong. */
import type { Exit } from '#src/actor/actor.js';
import type { ErrorRecord } from '#src/domain/errors.js';
import { unreachable } from '#src/domain/unreachable.js';
import { type Child, INTENSITY } from './tree.js';

export type Phase =
  /** `attempt` 0 is the first start; `code` is why it ended before. */
  | {
      readonly at: 'waiting';
      readonly dueAt: number;
      readonly attempt: number;
      readonly code: string;
    }
  | { readonly at: 'starting'; readonly deadline: number }
  | { readonly at: 'running' }
  /** Asked to finish. `deadline` undefined: it is past, and it was killed. */
  | { readonly at: 'stopping'; readonly deadline: number | undefined }
  /** Killed because it hangs or never started; its exit counts as this failure. */
  | { readonly at: 'condemned'; readonly error: ErrorRecord }
  | { readonly at: 'stopped' };

export type Member = {
  readonly child: Child;
  /** Index of its group in the tree; undefined for what was adopted. */
  readonly group: number | undefined;
  readonly phase: Phase;
  /** When its restarts within the intensity's window were decided. */
  readonly recent: readonly number[];
  /** In its whole life. */
  readonly restarts: number;
};

export function isAlive(member: Member): boolean {
  const { at } = member.phase;
  return at !== 'waiting' && at !== 'stopped';
}

export function isWaiting(member: Member): boolean {
  return member.phase.at === 'waiting';
}

/** How a life ended, in the words of a fact. */
export function recordOf(member: Member, exit: Exit): ErrorRecord {
  if (member.phase.at === 'condemned') return member.phase.error;
  return exit.reason === 'normal' ? { code: 'normal', message: '' } : exit.error;
}

/** Whether a life that nobody asked to end must be followed by another. */
export function mustRestart(member: Member, exit: Exit): boolean {
  switch (member.child.restart) {
    case 'permanent':
      return true;
    case 'transient':
      return exit.reason !== 'normal' || member.phase.at === 'condemned';
    case 'temporary':
      return false;
    default:
      return unreachable(member.child.restart);
  }
}

/** @returns the member waiting out its back-off, or undefined when it failed too often. */
export function backingOff(member: Member, code: string, now: number): Member | undefined {
  const recent = member.recent.filter((at) => now - at < INTENSITY.withinMs);
  const delay = INTENSITY.backOffMs[recent.length];
  if (delay === undefined) return undefined;
  return {
    ...member,
    phase: { at: 'waiting', dueAt: now + delay, attempt: recent.length + 1, code },
    recent: [...recent, now],
  };
}
