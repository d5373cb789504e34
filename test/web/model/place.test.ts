import { describe, expect, it } from 'vitest';
import { fragmentOf, placeIn, tokenIn } from '#web/model/place.js';

describe('what stands behind # in the address', () => {
  it('is the token at first, and nothing else is one', () => {
    expect(tokenIn('#token=abc-_123')).toBe('abc-_123');
    expect(tokenIn('#token=a b')).toBeUndefined();
    expect(tokenIn('#peers')).toBeUndefined();
  });

  it('is what is shown afterwards; what there is not shows the peers', () => {
    const place = { view: 'chat', of: 'anna' } as const;
    expect(placeIn(fragmentOf(place))).toEqual(place);
    expect(placeIn('#constructor')).toEqual({ view: 'peers' });
    expect(placeIn('')).toEqual({ view: 'peers' });
  });
});
