import { describe, expect, it } from 'vitest';
import { Cell } from '#web/model/cell.js';
import { type Connection, lifeOf, stepConnection } from '#web/model/connection.js';

describe('the connection of the page', () => {
  it('is live once events flow, lost where they end, and refused with another token', () => {
    expect(stepConnection('connecting', 'opened')).toBe('live');
    expect(stepConnection('live', 'gone')).toBe('lost');
    expect(stepConnection('lost', 'refused')).toBe('refused');
    expect(stepConnection('lost', 'opened')).toBe('live');
  });

  it('has ended for good once its user ended the peer, whatever the stream does', () => {
    expect(stepConnection('live', 'ended')).toBe('ended');
    for (const what of ['opened', 'gone', 'refused', 'hidden'] as const) {
      expect(stepConnection('ended', what)).toBe('ended');
    }
  });

  it('is followed until the peer has ended, and never after', () => {
    const connection = new Cell<Connection>('live');
    const signal = lifeOf(connection);
    for (const now of ['lost', 'hidden', 'live'] as const) connection.set(now);
    expect(signal.aborted).toBe(false);
    connection.set('ended');
    expect(signal.aborted).toBe(true);
    expect(lifeOf(connection).aborted).toBe(true);
  });
});
