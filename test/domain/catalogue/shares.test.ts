import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SharesEffect } from '#src/domain/catalogue/share-table.js';
import { createShares, hashingCount, sharedNow } from '#src/domain/catalogue/share-table.js';
import type { SharesEvent } from '#src/domain/catalogue/shares.js';
import { stepShares } from '#src/domain/catalogue/shares.js';
import type { ContentId } from '#src/domain/ids.js';

function id(text: string): ContentId {
  return text.padEnd(64, '0') as ContentId;
}

function listed(folder: string, ...names: readonly string[]): SharesEvent {
  const children = names.map((name) => ({ name, path: `${folder}/${name}` }));
  return { type: 'folder-listed', folder, children, skipped: [] };
}

function indexed(job: number, as: string, skippedCount = 0): SharesEvent {
  const skipped = Array.from({ length: skippedCount }, () => ({ path: 'x', why: 'is a link' }));
  const content = { id: id(as), kind: 'file', bytes: 1, chunks: 1 } as const;
  return { type: 'indexed', job, ...content, skipped, skippedCount };
}

function failed(job: number, code = 'unreadable'): SharesEvent {
  return { type: 'job-failed', job, error: { code, message: 'no' } };
}

/** Plays events; each effect as a short line. */
function play(...events: readonly SharesEvent[]) {
  const shares = createShares();
  const after = (...more: readonly SharesEvent[]) => {
    const said = more.flatMap((event) => stepShares(shares, event)).map(line);
    return said;
  };
  return { shares, after, said: after(...events) };
}

function line(effect: SharesEffect): string {
  switch (effect.type) {
    case 'start-job':
      return `start ${effect.job} ${effect.path}`;
    case 'cancel-job':
      return `cancel ${effect.job}`;
    case 'share-added':
    case 'share-removed':
    case 'share-unchanged':
      return `${effect.type} ${effect.share.name}`;
    case 'share-changed':
      return `share-changed ${effect.share.name} ${effect.oldId[0]}->${effect.share.id[0]}`;
    case 'forget':
      return `forget ${effect.path}`;
    case 'trouble':
      return `trouble ${effect.path} ${effect.error.code}`;
    case 'skipped':
      return `skipped ${effect.path} ${effect.skippedCount}`;
    default:
      return effect satisfies never;
  }
}

describe('what is shared', () => {
  it('is hashed one at a time, in order, and told when it is', () => {
    const { said, after, shares } = play(listed('/f', 'a', 'b', 'c'));
    expect(said).toEqual(['start 1 /f/a']);
    expect(hashingCount(shares)).toBe(3);
    expect(after(indexed(1, 'a'))).toEqual(['share-added a', 'start 2 /f/b']);
    expect(after(indexed(2, 'b'), indexed(3, 'c'))).toEqual([
      'share-added b',
      'start 3 /f/c',
      'share-added c',
    ]);
    expect(hashingCount(shares)).toBe(0);
    expect(sharedNow(shares).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('stays shared under its old id while it is hashed again', () => {
    const { after, shares } = play(listed('/f', 'a'), indexed(1, 'a'));
    expect(after({ type: 'changed', path: '/f/a' })).toEqual(['start 2 /f/a']);
    expect(sharedNow(shares)).toHaveLength(1);
    expect(after(indexed(2, 'b'))).toEqual(['share-changed a a->b']);
    expect(after({ type: 'changed', path: '/f/a' }, indexed(3, 'b'))).toEqual([
      'start 3 /f/a',
      'share-unchanged a',
    ]);
  });

  it('is hashed once more if it changes while it is hashed', () => {
    const { after } = play(listed('/f', 'a'));
    const changed: SharesEvent = { type: 'changed', path: '/f/a' };
    expect(after(changed, changed)).toEqual([]);
    expect(after(indexed(1, 'a'))).toEqual(['share-added a', 'start 2 /f/a']);
    expect(after(indexed(2, 'a'))).toEqual(['share-unchanged a']);
  });

  it('goes when its folder does not have it any more, even in the middle of hashing', () => {
    const { after } = play(listed('/f', 'a', 'b'), indexed(1, 'a'));
    expect(after(listed('/f'))).toEqual([
      'share-removed a',
      'forget /f/a',
      'cancel 2',
      'forget /f/b',
    ]);
    expect(after(indexed(2, 'late'))).toEqual([]);
  });

  it('is told as trouble once, and tried again when it changes', () => {
    const { after, said } = play(listed('/f', 'a'), failed(1));
    expect(said).toEqual(['start 1 /f/a', 'trouble /f/a unreadable']);
    const changed: SharesEvent = { type: 'changed', path: '/f/a' };
    expect(after(changed, failed(2))).toEqual(['start 2 /f/a']);
    expect(after(changed, indexed(3, 'a'))).toEqual(['start 3 /f/a', 'share-added a']);
    expect(after(changed, failed(4))).toEqual([
      'start 4 /f/a',
      'share-removed a',
      'trouble /f/a unreadable',
    ]);
  });

  it('keeps its name: the second of that name is told so, and waits for it', () => {
    const { said, after } = play(listed('/f', 'a'), listed('/g', 'a'));
    expect(said).toEqual(['start 1 /f/a', 'trouble /g/a exists']);
    expect(after(listed('/g', 'a'))).toEqual([]);
    expect(after(indexed(1, 'a'), { type: 'unshare', name: 'a' })).toEqual([
      'share-added a',
      'share-removed a',
      'forget /f/a',
      'start 2 /g/a',
    ]);
  });

  it('refuses a single share whose name is taken, each time it is asked', () => {
    const { after } = play(listed('/f', 'a'));
    const share: SharesEvent = { type: 'share', name: 'a', path: '/x/a' };
    expect(after(share)).toEqual(['trouble /x/a exists']);
    expect(after(share)).toEqual(['trouble /x/a exists']);
    expect(after({ type: 'unshare', name: 'a' })).toEqual(['cancel 1', 'forget /f/a']);
  });

  it('answers at once for what is shared already', () => {
    const { after } = play({ type: 'share', name: 'a', path: '/x/a' }, indexed(1, 'a'));
    expect(after({ type: 'share', name: 'a', path: '/x/a' })).toEqual(['share-added a']);
  });

  it('stays unshared though its folder still has it, until it is shared by hand', () => {
    const { after } = play(listed('/f', 'a'), indexed(1, 'a'), { type: 'unshare', name: 'a' });
    expect(after(listed('/f', 'a'))).toEqual([]);
    expect(after({ type: 'share', name: 'a', path: '/f/a' })).toEqual(['start 2 /f/a']);
  });

  it('is hashed again from the start when the hasher was lost', () => {
    const { after } = play(listed('/f', 'a'));
    expect(after({ type: 'hasher-lost' })).toEqual(['start 2 /f/a']);
    expect(after(indexed(1, 'late'))).toEqual([]);
    expect(after(indexed(2, 'a'))).toEqual(['share-added a']);
  });

  it('names what was skipped once', () => {
    const { after } = play(listed('/f', 'a'));
    expect(after(indexed(1, 'a', 2))).toEqual(['share-added a', 'skipped /f/a 2']);
    const changed: SharesEvent = { type: 'changed', path: '/f/a' };
    expect(after(changed, indexed(2, 'a', 2))).toEqual(['start 2 /f/a', 'share-unchanged a']);
    expect(after(changed, indexed(3, 'a', 3))).toEqual([
      'start 3 /f/a',
      'share-unchanged a',
      'skipped /f/a 3',
    ]);
  });

  it('never hashes two at once, nor tells of a share that others were not told of', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const event: fc.Arbitrary<SharesEvent | 'done' | 'failed'> = fc.oneof(
      fc.subarray(['a', 'b', 'c']).map((names) => listed('/f', ...names)),
      fc.subarray(['a', 'b']).map((names) => listed('/g', ...names)),
      name.map((name): SharesEvent => ({ type: 'share', name, path: `/x/${name}` })),
      name.map((name): SharesEvent => ({ type: 'unshare', name })),
      name.map((name): SharesEvent => ({ type: 'changed', path: `/f/${name}` })),
      fc.constant<SharesEvent>({ type: 'hasher-lost' }),
      fc.constantFrom('done' as const, 'failed' as const),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const shares = createShares();
        const told = new Set<string>();
        let running: number | undefined;
        for (const event of events) {
          if (typeof event === 'string' && running === undefined) continue;
          const job = running ?? 0;
          if (typeof event === 'string' || event.type === 'hasher-lost') running = undefined;
          const real =
            event === 'done' ? indexed(job, 'e') : event === 'failed' ? failed(job) : event;
          for (const effect of stepShares(shares, real)) {
            if (effect.type === 'cancel-job') running = undefined;
            if (effect.type === 'start-job') {
              expect(running).toBeUndefined();
              running = effect.job;
            }
            if (effect.type === 'share-added') told.add(effect.share.path);
            if (effect.type === 'share-removed') {
              expect(told.delete(effect.share.path)).toBe(true);
            }
          }
          expect(new Set(sharedNow(shares).map(({ path }) => path))).toEqual(told);
          const names = sharedNow(shares).map(({ name }) => name);
          expect(new Set(names).size).toBe(names.length);
        }
      }),
    );
  });
});
