import type { TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { Outgoing } from '#src/io/net/outgoing.js';

const PAGE = { type: 'page', bytes: new Uint8Array(MiB - 1024) } as const;

/** One who is sent pages, and takes none of them until he is told to. */
function reader() {
  const untaken: (() => void)[] = [];
  const closed: (() => void)[] = [];
  const found = { isThrownOut: false };
  const socket = {
    writableEnded: false,
    writableLength: 0,
    write: (_: Uint8Array, taken: () => void) => untaken.push(taken),
    cork: () => undefined,
    uncork: () => undefined,
    once: (_: 'close', close: () => void) => closed.push(close),
  };
  const end = () => {
    for (const close of closed.splice(0)) close();
  };
  onTestFinished(end);
  const outgoing = new Outgoing(
    socket as unknown as TLSSocket,
    () => undefined,
    () => {
      found.isThrownOut = true;
      end();
    },
  );
  return {
    found,
    send: () => outgoing.send(PAGE, 1),
    take: () => {
      for (const taken of untaken.splice(0)) taken();
    },
  };
}

describe('what all sessions have unsent', () => {
  it('is bounded by throwing out who took nothing for longest, not who has just asked for much', () => {
    const [first, taking, ...others] = Array.from({ length: 22 }, reader);
    if (first === undefined || taking === undefined) throw new Error('there are 22');
    for (const one of [first, taking, ...others]) one.send();
    taking.take();
    taking.send();
    const newcomer = reader();
    for (let page = 0; page < 4; page += 1) newcomer.send();
    const thrownOut = [first, ...others].filter(({ found }) => found.isThrownOut);
    expect(thrownOut).toEqual([first, others[0]]);
    expect(taking.found.isThrownOut).toBe(false);
    expect(newcomer.found.isThrownOut).toBe(false);
  });
});
