import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { Ask } from '#web/api/answers.js';
import { AskError } from '#web/api/client.js';
import { type Put, Sender } from '#web/model/sender.js';

const ANNA = 'anna' as PeerId;
const FILES = [
  { path: 'trip/a', file: 'A', bytes: 30 },
  { path: 'trip/b', file: 'B', bytes: 10 },
];

function sending(put: Put<string>) {
  const asked: unknown[] = [];
  const ask = async (id: string, input: object) => {
    asked.push([id, input]);
    return {};
  };
  const shares: number[] = [];
  const sender = new Sender({ ask: ask as Ask, put, word: () => 'a-word-of-ours' });
  sender.sendings.subscribe(([latest]) => void (latest && shares.push(latest.share)));
  return { sender, asked, shares };
}

describe('files that are sent from the page', () => {
  it('are put one after the other, and offered together to who they are for', async () => {
    const { sender, asked, shares } = sending(async (_, { bytes }, told) => told(bytes));
    await sender.send(ANNA, 'Anna', FILES);
    expect(shares).toEqual([0, 0.75, 1, 1]);
    expect(asked).toEqual([['sendUpload', { upload: 'a-word-of-ours', to: ANNA, whenBack: true }]]);
    expect(sender.sendings.value).toMatchObject([{ name: 'trip', to: 'Anna', state: 'done' }]);
  });

  it('are shared from there, where they are for nobody', async () => {
    const { sender, asked } = sending(async () => undefined);
    await sender.share(FILES);
    expect(asked).toEqual([['shareUpload', { upload: 'a-word-of-ours' }]]);
    expect(sender.sendings.value).toMatchObject([{ name: 'trip', to: undefined, state: 'done' }]);
  });

  it('are thrown away where one of them does not come, and it says why', async () => {
    const full = () => Promise.reject(new AskError('disk-full', 'no room'));
    const { sender, asked } = sending(full);
    await sender.send('all', 'Everybody', FILES);
    expect(asked).toEqual([['discardUpload', { upload: 'a-word-of-ours' }]]);
    expect(sender.sendings.value).toMatchObject([{ state: 'failed', message: 'no room' }]);
  });

  it('are nothing where none was chosen', async () => {
    const { sender, asked } = sending(async () => undefined);
    await sender.send('all', 'Everybody', []);
    expect([asked, sender.sendings.value]).toEqual([[], []]);
  });
});
