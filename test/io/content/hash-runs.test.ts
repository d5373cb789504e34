import { beforeAll, describe, expect, it } from 'vitest';
import { RUN_HASHES } from '#src/domain/content/hash-run.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { type HashesMessage, ProvenRuns, SignedRuns } from '#src/io/content/hash-runs.js';
import type { Identity } from '#src/io/disk/identity.js';
import { announcerKey } from '#src/wire/announcement.js';
import { noise } from '#test/support/contents.js';
import { newIdentity } from '#test/support/identities.js';

const DRAFT = 'ab'.repeat(32) as ContentId;

let sender: Identity;
let other: Identity;

beforeAll(async () => {
  [sender, other] = await Promise.all([newIdentity(), newIdentity()]);
});

const signing = (by: Identity, draft = DRAFT) =>
  new SignedRuns(draft, announcerKey(by.credentials.keyPem));

const proving = (peer: PeerId) => new ProvenRuns(DRAFT, peer);

function two(by: Identity, draft?: ContentId): readonly [HashesMessage, HashesMessage] {
  const runs = signing(by, draft);
  const first = runs.add({ first: 3, hashes: noise(64, 1) });
  return [...first, ...runs.add({ first: 0, hashes: noise(96, 2) })] as [
    HashesMessage,
    HashesMessage,
  ];
}

describe('hashes of a draft', () => {
  it('are believed in the order in which their sender signed them', () => {
    const proven = proving(sender.peerId);
    for (const message of two(sender)) expect(proven.take(message)).toBe(false);
    const runs = proven.prove();
    expect(runs.map(({ first }) => first)).toEqual([3, 0]);
    expect(runs.map(({ hashes }) => hashes)).toEqual([noise(64, 1), noise(96, 2)]);
    expect(proven.prove()).toEqual([]);
  });

  it('are cut to what a frame holds, and kept for whoever comes later', () => {
    const runs = signing(sender);
    runs.add({ first: 7, hashes: noise((RUN_HASHES + 1) * 32) });
    const all = runs.all.map(({ first, hashes }) => [first, hashes.length]);
    expect(all).toEqual([
      [7, RUN_HASHES * 32],
      [7 + RUN_HASHES, 32],
    ]);
    const proven = proving(sender.peerId);
    for (const message of runs.all) proven.take(message);
    expect(proven.prove()).toHaveLength(2);
  });

  it('are proven by the last signature of those that come together, whatever stands beside the others', () => {
    const [first, second] = two(sender);
    const proven = proving(sender.peerId);
    proven.take({ ...first, signature: noise(64, 8) });
    proven.take(second);
    expect(proven.prove().map(({ first: chunk }) => chunk)).toEqual([3, 0]);
    proven.take({ ...first, signature: noise(64, 8) });
    expect(() => proven.prove()).toThrow('did not sign');
  });

  it('do not pile up unproven', () => {
    const runs = signing(sender);
    const proven = proving(sender.peerId);
    let waiting = 0;
    for (let chunk = 0; chunk < 1000; chunk += 1) {
      const [message] = runs.add({ first: chunk, hashes: noise(32, chunk) });
      waiting += 1;
      if (message !== undefined && proven.take(message)) waiting -= proven.prove().length;
      expect(waiting).toBeLessThanOrEqual(64);
    }
  });

  it.each([
    ['of another peer', () => two(other)],
    ['of another draft', () => two(sender, 'cd'.repeat(32) as ContentId)],
    ['out of their order', () => two(sender).toReversed()],
    ['with one left out', () => two(sender).slice(1)],
    ['said twice', () => [two(sender)[0], two(sender)[0]]],
    ['changed by a bit', () => [{ ...two(sender)[0], hashes: noise(64, 5) }]],
    ['put to other chunks', () => [{ ...two(sender)[0], first: 4 }]],
  ] as const)('%s are not believed', (_, said) => {
    const proven = proving(sender.peerId);
    expect(() => {
      for (const message of said()) proven.take(message);
      proven.prove();
    }).toThrow('did not sign');
  });
});
