import { describe, expect, it } from 'vitest';
import { P2pError } from '#src/domain/errors.js';
import { Delivery, type Reader, type Received } from '#src/io/net/delivery.js';

const kept = (index: number): Received => ({ message: { type: 'kept', index }, request: 1 });
const broken = new P2pError('unreachable', 'the connection broke');

function newReader() {
  const heard: (number | string)[] = [];
  const reader: Reader = {
    next: ({ message }) => void heard.push(message.type === 'kept' ? message.index : message.type),
    complete: () => void heard.push('end'),
    error: ({ code }) => void heard.push(code),
  };
  return { heard, reader };
}

describe('a delivery', () => {
  it('gives the first message to one reader and the others, in order, to the next', async () => {
    const delivery = new Delivery();
    const first = delivery.first();
    expect([0, 1, 2].map((index) => delivery.hand(kept(index)))).toEqual([true, false, false]);
    expect(await first).toEqual(kept(0));
    const { heard, reader } = newReader();
    delivery.to(reader);
    expect(delivery.hand(kept(3))).toBe(true);
    expect(heard).toEqual([1, 2, 3]);
  });

  it('tells an end to its reader, or to the one that comes after it', async () => {
    const { heard, reader } = newReader();
    const read = new Delivery();
    read.to(reader);
    read.end();
    const unread = new Delivery();
    unread.hand(kept(0));
    unread.end(broken);
    expect([read.isOver, unread.isOver]).toEqual([true, true]);
    unread.to(reader);
    expect(heard).toEqual(['end', 0, 'unreachable']);
  });

  it('has no first message where it ends before one', async () => {
    const broke = new Delivery();
    broke.end(broken);
    await expect(broke.first()).rejects.toBe(broken);
    const left = new Delivery();
    const first = left.first();
    left.end();
    await expect(first).rejects.toMatchObject({ code: 'refused' });
  });

  it('holds what one read can bring, and no more', () => {
    const delivery = new Delivery();
    for (let index = 0; index < 4096; index += 1) delivery.hand(kept(index));
    expect(() => delivery.hand(kept(4096))).toThrow('it talks without listening');
  });
});
