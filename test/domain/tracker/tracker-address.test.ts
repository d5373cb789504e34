import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { parseTracker, trackerText } from '#src/domain/tracker/tracker-address.js';

const ID = 'a'.repeat(52) as PeerId;

describe('a tracker’s address', () => {
  it('is HOST:PORT, with its id in front where that is known', () => {
    expect(parseTracker('house:4000')).toEqual({ host: 'house', port: 4000, peerId: undefined });
    expect(parseTracker(`${ID}@[fe80::1]:65535`)).toEqual({
      host: 'fe80::1',
      port: 65_535,
      peerId: ID,
    });
    const text = trackerText(ID, { host: 'fe80::1', port: 4000 });
    expect(parseTracker(text)).toEqual({ host: 'fe80::1', port: 4000, peerId: ID });
  });

  it.each([
    ['half an id', `${ID.slice(1)}@house:4000`],
    ['no id', '@house:4000'],
    ['a name for an id', 'me@house:4000'],
    ['two ids', `${ID}@${ID}@house:4000`],
    ['no port', `${ID}@house`],
    ['port 0', 'house:0'],
    ['a port beyond', 'house:65536'],
    ['a space', `${ID}@ house:4000`],
    ['nothing', ''],
  ])('is none with %s', (_, text) => {
    expect(parseTracker(text)).toBeUndefined();
  });
});
