import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { AnswerDoor } from '#src/domain/query/answer-door.js';
import type { QueryId } from '#src/domain/query/query.js';

const [ONE, OTHER] = ['one', 'other'] as [QueryId, QueryId];
const peer = (number: number) => `peer ${number}` as PeerId;

describe('the door for answers', () => {
  it('lets one of each peer in, to what is asked, and to nothing else', () => {
    const door = new AnswerDoor();
    expect([door.isOpen(0), door.admits(peer(1), ONE, 0)]).toEqual([false, false]);
    door.asked(ONE, 0);
    expect(door.isOpen(0)).toBe(true);
    const lets = [peer(1), peer(1), peer(2)].map((one) => door.admits(one, ONE, 1));
    expect(lets).toEqual([true, false, true]);
    expect(door.admits(peer(1), OTHER, 1)).toBe(false);
  });

  it('is shut after 512 answers, and when the time is over', () => {
    const door = new AnswerDoor();
    door.asked(ONE, 0);
    const let512 = Array.from({ length: 600 }, (_, number) => door.admits(peer(number), ONE, 1));
    expect(let512.filter(Boolean)).toHaveLength(512);
    door.asked(OTHER, 0);
    expect(door.admits(peer(1), OTHER, 69_999)).toBe(true);
    expect([door.admits(peer(2), OTHER, 70_000), door.isOpen(70_000)]).toEqual([false, false]);
  });

  it('keeps 16 questions open, the latest', () => {
    const door = new AnswerDoor();
    const ids = Array.from({ length: 17 }, (_, number) => `query ${number}` as QueryId);
    for (const id of ids) door.asked(id, 0);
    expect(ids.filter((id) => door.admits(peer(1), id, 1))).toEqual(ids.slice(1));
  });
});
