import { describe, expect, it } from 'vitest';
import { pagesOf } from '#src/domain/content/manifest.js';
import { ManifestArrival } from '#src/domain/content/manifest-arrival.js';
import type { ContentId } from '#src/domain/ids.js';
import { KiB } from '#src/domain/limits.js';
import { blake3Of } from '#src/io/content/blake3.js';
import { manifestOf, noise } from '#test/support/contents.js';

const manifest = manifestOf({ 'a/b': noise(600 * KiB), c: noise(10) });
const { root, pages } = pagesOf(manifest);

function arrival(): ManifestArrival {
  return new ManifestArrival(manifest.id, blake3Of);
}

describe('a manifest on its way in', () => {
  it('is whole once its root and every page in turn are proven', () => {
    const arriving = arrival();
    expect(arriving.pages).toBeUndefined();
    expect(arriving.isWhole).toBe(false);
    expect(arriving.mostBytes).toBe(0);
    arriving.takeRoot(root);
    expect(arriving.pages).toBe(pages.length);
    for (const [at, page] of pages.entries()) {
      expect(arriving.nextPage).toBe(at);
      arriving.takePage(page);
    }
    expect(arriving.isWhole).toBe(true);
    const whole = arriving.finish();
    expect(whole.id).toBe(manifest.id);
    expect(Buffer.compare(whole.file, manifest.file)).toBe(0);
    expect(arriving.mostBytes).toBeGreaterThanOrEqual(whole.file.length);
  });

  const [first = new Uint8Array()] = pages;
  it.each([
    ['the root of another content', (one: ManifestArrival) => one.takeRoot(blake3Of(root))],
    ['a page before the root', (one: ManifestArrival) => one.takePage(first)],
    ['an end before the root', (one: ManifestArrival) => void one.finish()],
    [
      'a second root',
      (one: ManifestArrival) => {
        one.takeRoot(root);
        one.takeRoot(root);
      },
    ],
    [
      'a page out of turn',
      (one: ManifestArrival) => {
        one.takeRoot(root);
        one.takePage(pages.at(-1) ?? first);
      },
    ],
    [
      'a page too many',
      (one: ManifestArrival) => {
        one.takeRoot(root);
        for (const page of [...pages, first]) one.takePage(page);
      },
    ],
    [
      'an end before the last page',
      (one: ManifestArrival) => {
        one.takeRoot(root);
        one.finish();
      },
    ],
  ])('refuses %s', (_, act) => {
    expect(() => act(arrival())).toThrow(expect.objectContaining({ code: 'protocol' }));
  });

  it('believes no root under another id', () => {
    const other = new ManifestArrival('00'.repeat(32) as ContentId, blake3Of);
    expect(() => other.takeRoot(root)).toThrow(expect.objectContaining({ code: 'protocol' }));
  });
});
