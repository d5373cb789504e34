import { expect, it } from 'vitest';
import { pagesOf } from '#src/domain/content/manifest.js';
import type { ContentId } from '#src/domain/ids.js';
import { KiB, MiB } from '#src/domain/limits.js';
import { createByteBudget } from '#src/io/memory/byte-budget.js';
import { ManifestIntake } from '#src/io/spread/manifest-intake.js';
import { manifestOf, noise } from '#test/support/contents.js';

const BUDGET = 1 * MiB;
const manifest = manifestOf({ 'a/b': noise(600 * KiB), c: noise(10) });
const { root, pages } = pagesOf(manifest);
const other = 'ab'.repeat(32) as ContentId;

function intake() {
  const lies: boolean[] = [];
  const budget = createByteBudget(BUDGET);
  const one = new ManifestIntake(budget, (isAttack) => lies.push(isAttack));
  const isAllFree = () => {
    const isFree = budget.take(BUDGET);
    if (isFree) budget.giveBack(BUDGET);
    return isFree;
  };
  const bring = () => {
    expect(one.takeRoot(root, manifest.id)).toBeUndefined();
    for (const page of pages) {
      expect(one.finish()).toBe(false);
      one.takePage(page);
    }
    expect(one.finish()).toBe(true);
  };
  return { one, lies, budget, isAllFree, bring };
}

it('has a manifest once its last page is proven, and counts its memory as long as it is here', () => {
  const { one, isAllFree, bring, lies } = intake();
  bring();
  expect(one.manifest?.id).toBe(manifest.id);
  expect(one.known(manifest.id)?.id).toBe(manifest.id);
  expect(isAllFree()).toBe(false);
  expect(one.known(other)).toBeUndefined();
  expect(one.manifest).toBeUndefined();
  expect(isAllFree()).toBe(true);
  expect(lies).toEqual([]);
});

it('counts nothing for one that was here before', () => {
  const { one, isAllFree } = intake();
  one.adopt(manifest);
  expect(one.known(manifest.id)).toBe(manifest);
  expect(isAllFree()).toBe(true);
});

it('lets go of one half-way when something else is given', () => {
  const { one, isAllFree } = intake();
  one.takeRoot(root, manifest.id);
  expect(isAllFree()).toBe(false);
  expect(one.known(other)).toBeUndefined();
  expect(isAllFree()).toBe(true);
  expect(one.finish()).toBe(false);
});

it('takes none while others hold the memory', () => {
  const { one, budget } = intake();
  budget.take(BUDGET);
  expect(one.takeRoot(root, manifest.id)).toBe('busy');
  expect(() => one.takePage(noise(10))).toThrow(expect.objectContaining({ code: 'protocol' }));
});

it('convicts whoever brings what its own proof contradicts', () => {
  const { one, lies } = intake();
  expect(() => one.takeRoot(root, other)).toThrow(expect.objectContaining({ code: 'protocol' }));
  one.takeRoot(root, manifest.id);
  expect(() => one.takePage(noise(100))).toThrow(expect.objectContaining({ code: 'protocol' }));
  expect(lies).toEqual([false, false]);
});
