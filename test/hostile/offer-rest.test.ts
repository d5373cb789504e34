/** What claims to be the rest of something that was accepted once: it gets no further than what was accepted. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import {
  type Behind,
  behind,
  newOfferId,
  offerWith,
  say,
  signedOffer,
  startHostileSender,
  told,
} from '#test/support/hostile-sender.js';
import { newIdentity } from '#test/support/identities.js';
import { alone, linked, until } from '#test/support/offered.js';

vi.setConfig({ testTimeout: 120_000 });

const textOf = (text: string) => Buffer.from(text);

/** Anna has accepted three files of Mallory, and two of them did not come. */
async function scene() {
  const [anna] = await alone();
  const sender = await startHostileSender(anna);
  const first = behind({ a: textOf('of the first') }, anna.peerId, { name: 'photos', files: 3 });
  const seal = ({ manifest, offer }: Behind, failedCount: number) => {
    const { offerId } = offer;
    const { id, bytes } = manifest;
    sender.say({ type: 'send-sealed', offerId, id, bytes, failed: ['x', 'y'], failedCount });
  };
  sender.serve(first);
  sender.offer(first.offer);
  const { number } = await anna.heard.until('offer-received');
  await anna.accept(String(number));
  seal(first, 2);
  const { path } = await anna.heard.until('offer-completed');
  const rest = { name: 'photos', rest: first.offer.offerId };
  return { anna, sender, first, seal, path, rest };
}

describe('what claims to be the rest of something', () => {
  it('overwrites nothing where it is that, and lies in its folder alone', async () => {
    const { anna, sender, seal, path, rest } = await scene();
    const evil = behind({ a: textOf('another'), x: textOf('x') }, anna.peerId, {
      ...rest,
      files: 2,
    });
    sender.serve(evil);
    sender.offer(evil.offer);
    const claimed = await anna.heard.until('offer-received', { where: ({ files }) => files === 2 });
    expect(claimed).toMatchObject({ isTaken: false, into: path });
    await anna.accept(String(claimed.number));
    seal(evil, 999_999);
    const joined = await anna.heard.until('offer-completed', { where: ({ files }) => files === 2 });
    expect(joined.path).toBe(path);
    expect(readdirSync(path).toSorted()).toEqual(['a', 'a (1)', 'x']);
    expect(readFileSync(join(path, 'a'), 'utf8')).toBe('of the first');
    const [row] = await anna.transfers('photos');
    expect(row?.failed).toBeLessThanOrEqual(2);
  });

  it('waits for the word of the user who has not asked for it, whatever it says to be the rest of', async () => {
    const { anna, sender, rest, path } = await scene();
    const { draft } = behind({ x: textOf('x') }, anna.peerId, rest);
    const kind = 'directory' as const;
    const to = anna.peerId;
    const claims = [
      offerWith({ ...rest, kind, to, files: 3 }),
      offerWith({ ...rest, kind, to, files: 0, bytes: 0 }),
      offerWith({ ...rest, kind, to, files: 2 }),
      offerWith({ ...rest, kind, to, files: 2, bytes: 2 * MiB }),
      offerWith({ ...rest, kind: 'file', to }),
      offerWith({ ...rest, kind }),
      offerWith({ ...rest, kind, to, rest: newOfferId() }),
      offerWith({ ...rest, kind, to, rest: newOfferId(), draft: draft.id }),
    ];
    for (const claim of claims) sender.offer(claim);
    const other = await newIdentity();
    const hand = await linked(anna, other);
    say(hand, signedOffer(offerWith({ ...rest, kind, to }), other));
    await until(() => expect(anna.offers()).toHaveLength(claims.length + 1));
    const asked = anna.heard.of('offer-received').map(({ isTaken }) => isTaken);
    expect(asked).not.toContain(true);
    expect(readdirSync(path)).toEqual(['a']);
  });

  it('is no more than was offered, however many its sender says to have failed', async () => {
    const { anna, sender, first, rest, path, seal } = await scene();
    seal(first, 999_999);
    const { offerId } = first.offer;
    const to = anna.peerId;
    sender.offer(offerWith({ ...rest, kind: 'directory', to, files: 4, bytes: 1 }));
    const { into } = await anna.heard.until('offer-received', {
      where: ({ files }) => files === 4,
    });
    expect([into, offerId === rest.rest]).toEqual([undefined, true]);
    expect(readdirSync(path)).toEqual(['a']);
  });

  it('is asked of nobody who sent it to another, or whose files all came', async () => {
    const { anna, first } = await scene();
    const other = await newIdentity();
    const hand = await linked(anna, other);
    for (const offerId of [first.offer.offerId, newOfferId()]) {
      say(hand, { type: 'send-answer', offerId, answer: 'accepted', again: true });
    }
    say(hand, signedOffer(offerWith({ name: 'the last one' }), other));
    await anna.heard.until('offer-received', { where: ({ name }) => name === 'the last one' });
    expect([...told(hand, 'send-offer'), ...told(hand, 'send-end')]).toEqual([]);
  });
});
