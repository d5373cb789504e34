import { NEVER, Subject } from 'rxjs';
import { expect, it } from 'vitest';
import { wire } from '#src/peer/wiring.js';
import type { SupervisionFact } from '#src/supervision/state.js';

it('neighbours, shares and jobs hear at once that the actor they rely on began a new life', () => {
  const facts = new Subject<SupervisionFact>();
  const heard: string[] = [];
  const note = (name: string) => () => void heard.push(name);
  const parts = {
    crew: { out: () => NEVER, facts },
    links: { meshRestarted: note('links of the mesh') },
    neighbours: {
      meshRestarted: note('neighbours of the mesh'),
      discoveryRestarted: note('neighbours of discovery'),
    },
    privateTalk: { meshRestarted: note('private talk of the mesh') },
    offers: { meshRestarted: note('offers over the mesh') },
    standings: { meshRestarted: note('standings of the mesh') },
    sharing: { hasherRestarted: note('sharing of the hasher') },
    hasherJobs: { hasherRestarted: note('jobs of the hasher') },
  };
  const wiring = wire(parts as never);
  for (const actor of ['discovery', 'mesh', 'hasher', 'receiver']) {
    facts.next({ type: 'actor-restarted', actor, code: 'killed', attempt: 1 });
  }
  wiring.unsubscribe();
  expect(heard).toEqual([
    'neighbours of discovery',
    'links of the mesh',
    'neighbours of the mesh',
    'private talk of the mesh',
    'offers over the mesh',
    'standings of the mesh',
    'sharing of the hasher',
    'jobs of the hasher',
  ]);
});
