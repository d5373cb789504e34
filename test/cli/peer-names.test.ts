import { expect, it } from 'vitest';
import { PeerNames } from '#src/cli/peer-names.js';
import type { PeerId } from '#src/domain/ids.js';
import { OTHER_ID, PEER_ID, TRANSFER } from '#test/support/fake-peer.js';

const up = (peerId: PeerId, name: string) =>
  ({ type: 'peer-up', peerId, name, host: '127.0.0.1', port: 1 }) as const;

it('calls a peer by its name, with its id where another has that name or it looks like having one', () => {
  const names = new PeerNames();
  expect(names.called(OTHER_ID)).toBe('zyxwvuts');
  names.learn(up(OTHER_ID, 'anna'));
  expect(names.called(OTHER_ID)).toBe('anna');
  names.learn(up(PEER_ID, 'anna'));
  expect(names.called(OTHER_ID)).toBe('anna (zyxwvuts)');
  names.learn(up(PEER_ID, 'ben (zyxwvuts)'));
  expect(names.called(OTHER_ID)).toBe('anna');
  expect(names.called(PEER_ID)).toBe('ben (zyxwvuts) (abcdefgh)');
});

it('takes a name of before only where it knows no newer one', () => {
  const names = new PeerNames();
  const row = { ...TRANSFER, peerId: OTHER_ID, peerName: 'old' };
  names.learn({ type: 'transfers', transfers: [row] });
  expect(names.called(OTHER_ID)).toBe('old');
  names.learn(up(OTHER_ID, 'new'));
  names.learn({ type: 'transfers', transfers: [row] });
  expect(names.nameOf(OTHER_ID)).toBe('new');
});

it('forgets the oldest of more than a thousand', () => {
  const names = new PeerNames();
  names.learn(up(OTHER_ID, 'anna'));
  for (let at = 0; at < 1024; at += 1) names.learn(up(`peer-${at}` as PeerId, `p${at}`));
  expect(names.called(OTHER_ID)).toBe('zyxwvuts');
  expect(names.called('peer-0')).toBe('p0');
});
