import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { TransportChoice } from '#src/domain/transport-choice.js';

const ANNA = 'anna' as PeerId;
const BEN = 'ben' as PeerId;
const MINUTE = 60_000;

describe('the transport of a source', () => {
  it('is the one that was set, whatever becomes of it', () => {
    for (const setting of ['tcp', 'udp'] as const) {
      const choice = new TransportChoice(setting);
      choice.failed(ANNA, setting, 0);
      expect(choice.of(ANNA, 1)).toBe(setting);
      expect(choice.isFree).toBe(false);
    }
  });

  it('is tcp first where it is free, then the other one after each failure, for this peer alone', () => {
    const choice = new TransportChoice('auto');
    expect(choice.of(ANNA, 0)).toBe('tcp');
    choice.failed(ANNA, 'tcp', 0);
    expect(choice.of(ANNA, 1)).toBe('udp');
    expect(choice.of(BEN, 1)).toBe('tcp');
    choice.failed(ANNA, 'udp', 2);
    expect(choice.of(ANNA, 3)).toBe('tcp');
  });

  it('is tcp again after a while: networks change', () => {
    const choice = new TransportChoice('auto');
    choice.failed(ANNA, 'tcp', 0);
    expect(choice.of(ANNA, 9 * MINUTE)).toBe('udp');
    expect(choice.of(ANNA, 11 * MINUTE)).toBe('tcp');
  });

  it('is remembered for a bounded number of peers', () => {
    const choice = new TransportChoice('auto');
    for (let peer = 0; peer < 2000; peer += 1) choice.failed(`peer ${peer}` as PeerId, 'tcp', 0);
    expect(choice.of('peer 0' as PeerId, 1)).toBe('tcp');
    expect(choice.of('peer 1999' as PeerId, 1)).toBe('udp');
  });
});
