import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { COLOURS } from '#src/domain/peers/profile.js';
import { avatarOf } from '#web/model/avatar.js';

const STYLE = readFileSync(
  join(fileURLToPath(new URL('../../../../', import.meta.url)), 'web', 'style.css'),
  'utf8',
);

/** @returns what stands for it in light and in dark. */
function pairOf(name: string): readonly [string, string] {
  const found = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(STYLE);
  return [found?.[1] ?? '', found?.[2] ?? ''];
}

function tintOf(colour: string): readonly [string, string] {
  const rule = new RegExp(`\\.tint-${colour} \\{\\s*--tint: light-dark\\((#\\w{6}), (#\\w{6})\\)`);
  const found = rule.exec(STYLE);
  return [found?.[1] ?? '', found?.[2] ?? ''];
}

/** WCAG 2.2, relative luminance and contrast ratio. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

describe('the avatar of a peer', () => {
  it('has the colour that its user chose, or always the same one', () => {
    expect(avatarOf('abc', 'anna', 'teal')).toEqual({ colour: 'teal', letter: 'A' });
    const { colour } = avatarOf('abc', 'anna', undefined);
    expect(avatarOf('abc', 'Anna B.', undefined).colour).toBe(colour);
    expect(avatarOf('abd', 'anna', undefined).colour).not.toBe(colour);
  });

  it('has the first letter of its name, whole, or of its id where that is not known', () => {
    expect(avatarOf('xyz', '👩🏽‍🚀 Kim', undefined).letter).toBe('👩🏽‍🚀');
    expect(avatarOf('xyz', '', undefined).letter).toBe('X');
    expect(avatarOf('', '', undefined).letter).toBe('');
  });

  it.each(COLOURS)(
    'can be read in %s, and stands out from its ground, in both themes',
    (colour) => {
      const [letters, cards] = [pairOf('on-accent'), pairOf('card')];
      for (const theme of [0, 1] as const) {
        const tint = tintOf(colour)[theme];
        expect(contrast(tint, letters[theme])).toBeGreaterThan(4.5);
        expect(contrast(tint, cards[theme])).toBeGreaterThan(3);
      }
    },
  );
});
