import { describe, expect, it } from 'vitest';
import { patternsIn } from '#web/model/patterns.js';

describe('patterns of what is left out', () => {
  it('stand in one line, with commas between', () => {
    expect(patternsIn(' *.tmp, cache/ ,my files,, ')).toEqual(['*.tmp', 'cache/', 'my files']);
  });

  it.each(['', ' ', ' , ,'])('are none in %j', (text) => {
    expect(patternsIn(text)).toBeUndefined();
  });
});
