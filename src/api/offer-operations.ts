/** What others would send to this peer. */
import { fields, type Operation, optionalText, PART, REF, text } from './operation.js';

const OFFER = { offer: text('its number, or 4 characters of its id or more') };

export const offerOperations = {
  listOffers: {
    method: 'GET',
    path: '/offers',
    about: 'what others would send to this peer and waits for an answer',
    commands: ['offers'],
    input: fields(PART),
    isList: true,
  },
  acceptOffer: {
    method: 'POST',
    path: '/offers/:offer/accept',
    about: 'fetches what is offered; answers once that is written down',
    commands: ['accept'],
    input: fields({
      ...OFFER,
      to: optionalText('an absolute path: of a folder to put it in, or of the file'),
      ref: REF,
    }),
  },
  rejectOffer: {
    method: 'POST',
    path: '/offers/:offer/reject',
    about: 'turns it down; its sender is told',
    commands: ['reject'],
    input: fields({ ...OFFER, ref: REF }),
  },
} as const satisfies Readonly<Record<string, Operation>>;
