import { expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { MessageId } from '#src/domain/mesh/broadcast-message.js';
import { LINK_TIMES } from '#src/domain/peers/links.js';
import { RecentWords } from '#src/io/mesh/recent-words.js';
import type { DirectMessage } from '#src/wire/direct-message.js';

const ANNA = 'anna' as PeerId;
const BEN = 'ben' as PeerId;

const told = (number: number): DirectMessage => ({
  type: 'told',
  id: String(number).padStart(32, '0') as MessageId,
  outcome: 'stored',
});

it('gives what was said to one peer lately, in its order, and nothing of others', () => {
  const words = new RecentWords();
  words.said(ANNA, told(1), 0);
  words.said(BEN, told(2), 0);
  words.said(ANNA, told(3), 1000);
  expect(words.of(ANNA, 1000)).toEqual([told(1), told(3)]);
  expect(words.of(ANNA, LINK_TIMES.tieMs)).toEqual([told(3)]);
  expect(words.of(ANNA, LINK_TIMES.tieMs + 1000)).toEqual([]);
  words.forget(BEN);
  expect(words.of(BEN, 0)).toEqual([]);
});

it('keeps 64 words of a peer, the newest', () => {
  const words = new RecentWords();
  for (let number = 0; number < 100; number += 1) words.said(ANNA, told(number), 0);
  expect(words.of(ANNA, 0)).toEqual(Array.from({ length: 64 }, (_, at) => told(at + 36)));
});
