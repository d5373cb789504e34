import { expect, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import { Givers } from '#src/peer/sends/givers.js';
import { OTHER_ID } from '#test/support/fake-peer.js';

const FILM = 'c'.repeat(64) as ContentId;
const [FIRST, SECOND] = ['a'.repeat(32), 'b'.repeat(32)] as [OfferId, OfferId];

it('who offers a content twice gives it until neither offer stands', () => {
  const givers = new Givers();
  givers.linked(OTHER_ID);
  givers.add(FILM, OTHER_ID, FIRST);
  givers.add(FILM, OTHER_ID, SECOND);
  // What is taken back may end a moment after it is offered anew.
  givers.remove(FILM, OTHER_ID, FIRST);
  givers.remove(FILM, OTHER_ID, FIRST);
  expect(givers.of(FILM)).toEqual([OTHER_ID]);
  givers.remove(FILM, OTHER_ID, SECOND);
  expect(givers.of(FILM)).toEqual([]);
});
