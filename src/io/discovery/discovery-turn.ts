/** One turn of discovery's machine by this machine's clock and chance, with the proof of what it hears. */
import { stepDiscovery, wakeAt } from '#src/domain/discovery/discovery.js';
import type { Effect, Event, State } from '#src/domain/discovery/discovery-state.js';
import { prove } from '#src/wire/announcement.js';

export type Step = { readonly state: State; readonly effects: readonly Effect[] };

/** Node counts timers in whole milliseconds of a clock that it reads once per turn of the loop. */
const TIMER_SLACK_MS = 2;

/**
 * One step of the machine; for a claim that deserves it, the check of its signature and another step.
 * @param datagram that brought what was received.
 */
export function turnOf(state: State, event: Event, datagram?: Uint8Array): Step {
  const step = stepNow(state, event);
  if (event.type !== 'received' || datagram === undefined) return step;
  if (!step.effects.some((effect) => effect.type === 'verify')) return step;
  const announcement = prove(event.claim, datagram);
  if (announcement === undefined) return { state: step.state, effects: [] };
  return stepNow(step.state, { type: 'proven', announcement, source: event.source });
}

function stepNow(state: State, event: Event): Step {
  // A timer may fire a moment early; what it was set for is due nevertheless.
  const due = event.type === 'wake' ? wakeAt(state) : 0;
  const now = performance.now();
  const isEarly = due > now && due - now < TIMER_SLACK_MS;
  return stepDiscovery(state, event, isEarly ? due : now, Math.random());
}
