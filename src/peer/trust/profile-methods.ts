/** The methods of a peer that are about what it calls itself, and whether its user is there. */
import type { Peer } from '#src/peer/api.js';
import { checkRef, checkText } from '#src/peer/arguments.js';
import type { Profiles } from './profiles.js';

/** @param life tells whether the peer is still there: once it ends nobody is told any more. */
export function profileMethods(
  profiles: Profiles,
  life: { requireOpen(): void },
): Pick<Peer, 'rename' | 'recolour' | 'away' | 'back'> {
  return {
    async rename(name, options = {}) {
      checkText(name, 'rename', 'a name');
      const ref = checkRef(options, 'rename');
      life.requireOpen();
      return profiles.rename(name, ref);
    },
    async recolour(colour, options = {}) {
      checkText(colour, 'recolour', 'a colour');
      const ref = checkRef(options, 'recolour');
      life.requireOpen();
      return profiles.recolour(colour, ref);
    },
    async away(why = '', options = {}) {
      checkText(why, 'away', 'why you are away');
      const ref = checkRef(options, 'away');
      life.requireOpen();
      return profiles.setAway(why, ref);
    },
    async back(options = {}) {
      const ref = checkRef(options, 'back');
      life.requireOpen();
      return profiles.setAway(undefined, ref);
    },
  };
}
