import { expect, it, onTestFinished, vi } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { openDatabase } from '#src/io/disk/database.js';
import { signTell } from '#src/io/mesh/tell-signing.js';
import { PrivateMessages } from '#src/peer/talk/private-messages.js';
import { newFolder } from '#test/support/folders.js';
import { newIdentity, selfOf } from '#test/support/identities.js';

const OTHER = `${'o'.repeat(51)}q` as PeerId;

it('numbers in a later epoch in each life, since an earlier count may come from a backup', async () => {
  const { database } = await openDatabase(newFolder());
  const self = await newIdentity();
  const first = await PrivateMessages.open(database, self.peerId);
  const [one, two] = [await first.number(OTHER), await first.number(OTHER)];
  expect([one.sequence, two.sequence, two.epoch]).toEqual([1, 2, one.epoch]);
  // The clock was set back meanwhile.
  vi.useFakeTimers({ toFake: ['Date'], now: 1000 });
  onTestFinished(() => void vi.useRealTimers());
  const second = await PrivateMessages.open(database, self.peerId);
  const three = await second.number(OTHER);
  expect(three).toEqual({ epoch: one.epoch + 1, sequence: 1 });
  expect(await second.number(OTHER)).toEqual({ ...three, sequence: 2 });
  await database.close();
});

it('numbers later than any message of ours that is kept, where the count was lost', async () => {
  const { database } = await openDatabase(newFolder());
  const self = await newIdentity();
  const epoch = Date.now() + 1_000_000;
  const telling = { epoch, sequence: 7, sentAt: 1, text: 'hello', to: OTHER };
  const messages = await PrivateMessages.open(database, self.peerId);
  const said = signTell(telling, selfOf(self), self.credentials);
  await messages.add(said, OTHER, 'sent', 0);
  expect(await messages.number(OTHER)).toEqual({ epoch: epoch + 1, sequence: 1 });
  await database.close();
});
