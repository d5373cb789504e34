/** How this peer shows itself to others: four commands, each answered by `peer-changed`. */
import { COLOURS, checkedColour } from '#src/domain/peers/profile.js';
import { type Command, withRef } from './command.js';

export const name: Command = {
  name: 'name',
  usage: 'name NEW',
  about: 'call this peer so from now on',
  subject: 'required',
  async run({ subject = '', ref }, { peer }) {
    await peer.rename(subject, withRef(ref));
    return 'done';
  },
};

export const colour: Command = {
  name: 'colour',
  usage: 'colour COLOUR',
  about: `be shown in that colour on the pages of all: ${COLOURS.join(', ')}, or none`,
  subject: 'required',
  async run({ subject = '', ref }, { peer }) {
    await peer.recolour(checkedColour(subject.toLowerCase()) ?? 'none', withRef(ref));
    return 'done';
  },
};

export const away: Command = {
  name: 'away',
  usage: 'away [WHY]',
  about: 'tell the others that you are away',
  subject: 'optional',
  async run({ subject, ref }, { peer }) {
    await peer.away(subject, withRef(ref));
    return 'done';
  },
};

export const back: Command = {
  name: 'back',
  usage: 'back',
  about: 'tell the others that you are there again',
  subject: 'none',
  async run({ ref }, { peer }) {
    await peer.back(withRef(ref));
    return 'done';
  },
};
