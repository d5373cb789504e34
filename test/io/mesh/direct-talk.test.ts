import { expect, it, vi } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { DirectTalk } from '#src/io/mesh/direct-talk.js';
import type { Lines } from '#src/io/mesh/lines.js';
import { announcerKey } from '#src/wire/announcement.js';
import { signMessage } from '#src/wire/signed-message.js';
import { newIdentity, placeOf } from '#test/support/identities.js';

const TIMES = { pingMs: 1000, deadAfterMs: 3000 };

/** One peer who is linked, another who is not, and what becomes of the link. */
async function talking() {
  const [own, other, stranger] = await Promise.all([newIdentity(), newIdentity(), newIdentity()]);
  const lines = { cut: vi.fn(), tell: vi.fn() };
  const link = { id: 1, peerId: other.peerId, instance: 'i', dialled: false } as never;
  const linkTo = (peer: PeerId) => (peer === other.peerId ? link : undefined);
  const options = { ...placeOf(own), ...TIMES, refusal: () => undefined };
  const talk = new DirectTalk(options, lines as unknown as Lines, linkTo);
  const tellTo = (to: PeerId) => {
    const said = { kind: 'tell', text: 'hello', to } as const;
    const numbers = { epoch: 1, sequence: 1, sentAt: Date.now(), name: 'anna' };
    const key = announcerKey(other.credentials.keyPem);
    return { type: 'tell', payload: signMessage({ ...numbers, said }, key) } as const;
  };
  return { talk, link, lines, tellTo, own, other, stranger };
}

it('passes on what a linked peer tells this one, and cuts off who tells it what is for another', async () => {
  const { talk, link, lines, tellTo, own, other, stranger } = await talking();
  const heard: unknown[] = [];
  talk.hear(other.peerId, tellTo(own.peerId)).subscribe((turn) => heard.push(turn));
  expect(heard).toMatchObject([{ told: { type: 'tell-heard', message: { text: 'hello' } } }]);
  expect(lines.cut).not.toHaveBeenCalled();
  talk.hear(other.peerId, tellTo(stranger.peerId)).subscribe((turn) => heard.push(turn));
  expect(heard).toHaveLength(1);
  expect(lines.cut).toHaveBeenCalledWith(link, expect.objectContaining({ code: 'protocol' }));
});

it('says over the link what is for a linked peer, and nothing to who has none', async () => {
  const { talk, link, lines, tellTo, other, stranger } = await talking();
  const message = tellTo(other.peerId);
  talk.tell(stranger.peerId, message);
  expect(lines.tell).not.toHaveBeenCalled();
  talk.tell(other.peerId, message);
  expect(lines.tell).toHaveBeenCalledWith(link, message);
});
