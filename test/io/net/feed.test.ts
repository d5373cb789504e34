import { EventEmitter } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { Feed } from '#src/io/net/feed.js';

function newSocket(): TLSSocket {
  return Object.assign(new EventEmitter(), { pause: () => undefined }) as unknown as TLSSocket;
}

describe('a feed', () => {
  it('holds what comes before its taker, however its memory is used again', () => {
    const feed = new Feed();
    const memory = Buffer.of(1, 2, 3);
    feed.take(memory);
    memory.fill(0);
    const taken: number[] = [];
    feed.open(newSocket(), (bytes) => taken.push(...bytes));
    expect(taken).toEqual([1, 2, 3]);
  });

  it('holds what comes behind its head, however its memory is used again', () => {
    const feed = new Feed();
    const socket = newSocket();
    const heads: number[][] = [];
    feed.head(socket, 2, (head) => heads.push([...head]));
    const memory = Buffer.of(1, 2, 3, 4);
    feed.take(memory);
    memory.fill(0);
    const taken: number[] = [];
    feed.open(socket, (bytes) => taken.push(...bytes));
    expect(heads).toEqual([[1, 2]]);
    expect(taken).toEqual([3, 4]);
  });
});
