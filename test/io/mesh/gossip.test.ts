import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Instance } from '#src/domain/ids.js';
import type { History } from '#src/domain/mesh/said-news.js';
import { Gossip } from '#src/io/mesh/gossip.js';
import type { GossipWord } from '#src/io/mesh/gossip-words.js';
import { announcerKey } from '#src/wire/announcement.js';
import { messageIdOf, signMessage } from '#src/wire/signed-message.js';
import { idOf } from '#test/support/mesh-contacts.js';

const NEIGHBOUR = idOf(1);
const NOTHING: History = { rows: [], horizon: 0, payloads: [] };

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

function gossipWith(history: History): Gossip {
  const ports = { mesh: 1, transfer: 2, distributor: 3, receiver: 4 };
  const self = { peerId: idOf(9), ports, name: 'bob', instance: '00' as Instance };
  const credentials = { keyPem: newKey(), certificatePem: '' };
  return new Gossip({
    self,
    credentials,
    history,
    isTrusted: () => false,
    isLinked: () => false,
    roundTripMs: () => undefined,
  });
}

/** What an author says, one after the other. */
function saidBy(count: number, sentAt = Date.now()): readonly Uint8Array[] {
  const key = announcerKey(newKey());
  return Array.from({ length: count }, (_, at) => {
    const said = { kind: 'say', text: `${at + 1}` } as const;
    const numbers = { epoch: 1, sequence: at + 1, sentAt };
    return signMessage({ ...numbers, name: 'anna', said }, key);
  });
}

const gossip = (payload: Uint8Array) =>
  ({ type: 'gossip', id: messageIdOf(payload), round: 1, payload }) as const;

const heardIn = (words: readonly GossipWord[]) =>
  words.flatMap((word) =>
    word.type === 'news' && word.news.type === 'message-heard' ? [word.news.message] : [],
  );

describe('what is said to everybody', () => {
  it('goes on to neighbours at once, and is shown after what its author said before', () => {
    const node = gossipWith(NOTHING);
    node.neighbourUp(NEIGHBOUR);
    node.neighbourUp(idOf(2));
    const [first, second] = saidBy(2);
    if (first === undefined || second === undefined) throw new Error('nothing was said');
    const early = node.heard(NEIGHBOUR, gossip(second));
    expect(heardIn(early)).toEqual([]);
    expect(early).toMatchObject([{ to: idOf(2), message: { type: 'gossip' } }]);
    const late = node.heard(NEIGHBOUR, gossip(first));
    expect(heardIn(late).map(({ text }) => text)).toEqual(['1', '2']);
    expect(heardIn(node.heard(idOf(2), gossip(second)))).toEqual([]);
  });

  it('is neither lost nor shown twice where its thread dies while it waits', () => {
    const node = gossipWith(NOTHING);
    const [first, second, third] = saidBy(3);
    if (first === undefined || second === undefined || third === undefined) {
      throw new Error('nothing was said');
    }
    const shown = heardIn(node.heard(NEIGHBOUR, gossip(first)));
    expect(heardIn(node.heard(NEIGHBOUR, gossip(third)))).toEqual([]);
    const rows = shown.map(({ author, epoch, sequence }) => ({
      author,
      epoch,
      runs: [{ from: sequence, to: sequence + 1 }],
      at: Date.now(),
    }));
    const next = gossipWith({ rows, horizon: 0, payloads: shown.map(({ payload }) => payload) });
    const missed = { type: 'missed', payloads: [first, second, third] } as const;
    // Nobody asked for it.
    expect(next.heard(NEIGHBOUR, missed)).toEqual([]);
    next.neighbourUp(NEIGHBOUR);
    expect(heardIn(next.heard(NEIGHBOUR, missed)).map(({ text }) => text)).toEqual(['2', '3']);
  });

  it('is kept for others where its author’s clock is a day and 5 s ahead', () => {
    const node = gossipWith(NOTHING);
    const [payload] = saidBy(1, Date.now() + 86_405_000);
    if (payload === undefined) throw new Error('nothing was said');
    node.heard(NEIGHBOUR, gossip(payload));
    const words = node.neighbourUp(NEIGHBOUR);
    expect(words).toMatchObject([{ message: { type: 'summary', rows: [{ epoch: 1 }] } }]);
  });
});
