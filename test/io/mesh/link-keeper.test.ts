import { expect, it, vi } from 'vitest';
import type { MessageId } from '#src/domain/mesh/broadcast-message.js';
import type { Lines } from '#src/io/mesh/lines.js';
import { LinkKeeper } from '#src/io/mesh/link-keeper.js';
import { MeshTalk } from '#src/io/mesh/mesh-talk.js';
import type { DirectMessage } from '#src/wire/direct-message.js';
import type { MeshMessage } from '#src/wire/mesh-message.js';
import { newIdentity, placeOf } from '#test/support/identities.js';

const TIMES = { pingMs: 1000, deadAfterMs: 3000 };
const NOTHING = { refused: [], trusted: [], kept: [], most: 128, catalogue: [] } as const;

async function optionsOf() {
  const history = { rows: [], horizon: 0, payloads: [] };
  return { ...placeOf(await newIdentity()), ...TIMES, ...NOTHING, history };
}

/** What no reader lets through: stands for a fault in the code that judges. */
const IMPOSSIBLE = { id: 'a'.repeat(32), round: 1, payload: undefined };

async function talking() {
  const [options, { peerId }] = [await optionsOf(), await newIdentity()];
  const link = { id: 1, peerId, instance: 'i', dialled: false, host: '127.0.0.1', port: 1 };
  const cut = vi.fn();
  const contactOf = () => ({ peerId, host: link.host, port: link.port });
  const lines = { cut, contactOf, post: vi.fn() } as unknown as Lines;
  const talk = new MeshTalk(options, lines, () => undefined);
  talk.linked(link as never);
  return { talk, link: link as never, cut };
}

it('a fault of ours in judging private words is thrown, for who restarts the mesh', async () => {
  const keeper = new LinkKeeper(await optionsOf(), 'posix');
  const { peerId } = await newIdentity();
  const message = { type: 'tell', ...IMPOSSIBLE } as unknown as DirectMessage;
  expect(() => keeper.take({ type: 'direct-heard', peerId, message })).toThrow(TypeError);
});

it('a fault of ours in hearing the mesh is thrown, and cuts nobody', async () => {
  const { talk, link, cut } = await talking();
  const message = { type: 'gossip', ...IMPOSSIBLE } as unknown as MeshMessage;
  expect(() => talk.hear(link, message)).toThrow(TypeError);
  expect(cut).not.toHaveBeenCalled();
});

it('whoever breaks the protocol of the mesh is cut off', async () => {
  const { talk, link, cut } = await talking();
  const id = 'a'.repeat(32) as MessageId;
  talk.hear(link, { type: 'gossip', id, round: 1, payload: new Uint8Array(200) });
  expect(cut).toHaveBeenCalledWith(link, expect.objectContaining({ code: 'protocol' }));
});
