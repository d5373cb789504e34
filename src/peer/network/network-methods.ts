/** The methods of a peer that ask the whole network. */
import type { Peer } from '#src/peer/api.js';
import { checkHops, checkText } from '#src/peer/arguments.js';
import { type Finder, findContents } from './finding.js';
import { type Surveyor, survey } from './surveying.js';

/** @param life tells whether the peer is still there: once it ends nobody is asked any more. */
export function networkMethods(
  parts: Finder & Surveyor,
  life: { requireOpen(): void },
): Pick<Peer, 'find' | 'topology'> {
  return {
    async find(word) {
      checkText(word, 'find', 'a name or an id');
      life.requireOpen();
      return findContents(word, parts);
    },
    async topology({ hops } = {}) {
      checkHops(hops);
      life.requireOpen();
      return survey(parts, hops);
    },
  };
}
