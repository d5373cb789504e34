/** Waits until every actor of a peer listens on its port, or says which could not. */
import {
  EMPTY,
  filter,
  firstValueFrom,
  merge,
  mergeMap,
  type Observable,
  take,
  throwError,
  timeout,
  toArray,
} from 'rxjs';
import type { Settings } from '#config/load.js';
import { P2pError } from '#src/domain/errors.js';
import type { Crew } from './crew.js';

/** Threads start in 0.1 s; a machine that swaps gets a minute. */
const PATIENCE_MS = 60_000;

/** Failures that no restart mends: somebody else has the port, or the address is not ours. */
const FATAL = new Set(['port-busy', 'ui-port-busy', 'address-unavailable']);

const LISTENERS = ['mesh', 'transfer-server', 'distributor', 'receiver'] as const;

/** @throws P2pError `port-busy`, `ui-port-busy`, `address-unavailable`, or why supervision gave up */
export async function allListening(
  crew: Crew,
  { discovery, ui, control }: Pick<Settings, 'discovery' | 'ui' | 'control'>,
): Promise<void> {
  const names = [
    ...LISTENERS,
    ...(discovery.enabled ? (['discovery'] as const) : []),
    ...(ui.enabled || control ? (['web'] as const) : []),
  ];
  const listening = names.map((name) =>
    crew.out(name).pipe(
      filter((said) => said.type === 'listening'),
      take(1),
    ),
  );
  const troubles = merge(fatalFacts(crew), discovery.enabled ? discoveryTrouble(crew) : EMPTY);
  await firstValueFrom(
    merge(merge(...listening).pipe(take(names.length), toArray()), troubles).pipe(
      timeout({
        first: PATIENCE_MS,
        with: () =>
          throwError(() => new P2pError('gave-up', 'its actors did not start within a minute')),
      }),
    ),
  );
}

function fatalFacts(crew: Crew): Observable<never> {
  return crew.facts.pipe(
    mergeMap((fact) => {
      if (fact.type === 'gave-up' || fact.type === 'left-out')
        return fail('gave-up', `${fact.actor} failed too often: ${fact.message}`);
      const isFatal = fact.type === 'actor-ended' && FATAL.has(fact.code);
      return isFatal ? fail(fact.code, fact.message) : EMPTY;
    }),
  );
}

/** A busy discovery port is no failure of its actor, which goes on announcing; at the start it is the user's business. */
function discoveryTrouble(crew: Crew): Observable<never> {
  return crew
    .out('discovery')
    .pipe(
      mergeMap((said) =>
        said.type === 'trouble' && FATAL.has(said.error.code)
          ? fail(said.error.code, said.error.message)
          : EMPTY,
      ),
    );
}

function fail(code: string, message: string): Observable<never> {
  return throwError(() => new P2pError(code as 'gave-up', message));
}
