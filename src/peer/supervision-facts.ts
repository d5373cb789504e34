/** What supervision does, as the user hears it. */
import { type Subscription, tap } from 'rxjs';
import { unreachable } from '#src/domain/unreachable.js';
import type { Crew } from './crew.js';
import type { PeerEvent } from './events.js';

/** Request actors are numbered to tell them apart; to the user each is a request. */
export function actorOf(name: string): string {
  return name.replace(/-\d+$/, '');
}

function leftOut(actor: string, why: string): string {
  return `${actor} failed too often and is left out (${why}): the peer goes on without it; start it anew to have it back`;
}

export function tellFacts(
  crew: Crew,
  tell: (event: PeerEvent) => void,
  onGivingUp: (why: string) => void,
): Subscription {
  return crew.facts
    .pipe(
      tap((fact) => {
        const actor = actorOf(fact.actor);
        switch (fact.type) {
          case 'actor-started':
            return tell({ type: fact.type, actor, code: 'started' });
          case 'actor-ended':
            return tell({ type: fact.type, actor, code: fact.code, message: fact.message });
          case 'actor-restarted':
            return tell({ type: fact.type, actor, code: fact.code, attempt: fact.attempt });
          case 'gave-up':
            return onGivingUp(`${actor} failed too often to go on (${fact.message})`);
          case 'left-out':
            return tell({ type: 'notice', code: fact.type, message: leftOut(actor, fact.message) });
          default:
            return unreachable(fact);
        }
      }),
    )
    .subscribe();
}
