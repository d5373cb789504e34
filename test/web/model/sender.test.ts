import { firstValueFrom, Subject } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { Ask } from '#web/api/answers.js';
import { AskError } from '#web/api/failure.js';
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
  const pauses = new Subject<void>();
  const pause = () => firstValueFrom(pauses);
  const sender = new Sender({ ask: ask as Ask, put, word: () => 'a-word-of-ours' }, pause);
  sender.sendings.subscribe(([latest]) => void (latest && shares.push(latest.share)));
  return { sender, asked, shares, pauses };
}

describe('files that are sent from the page', () => {
  it('are put one after the other, and offered together to who they are for', async () => {
    const { sender, asked, shares } = sending(async (_, { bytes }, told) => told(bytes));
    await sender.send(ANNA, 'Anna', FILES);
    expect(shares).toEqual([0, 0.75, 1, 1]);
    expect(asked).toEqual([['sendUpload', { upload: 'a-word-of-ours', to: ANNA, whenBack: true }]]);
    expect(sender.sendings.value).toMatchObject([
      { name: 'trip', more: 0, to: ANNA, toName: 'Anna', state: 'done' },
    ]);
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
    expect(sender.sendings.value).toMatchObject([
      { state: 'failed', failure: { code: 'disk-full', message: 'no room' } },
    ]);
  });

  it('are named by the first as their offer is, by the order of names, with how many files and folders go beside it', async () => {
    const { sender } = sending(async () => undefined);
    await sender.share([...FILES, { path: 'c', file: 'C', bytes: 1 }]);
    expect(sender.sendings.value).toMatchObject([{ name: 'c', more: 1 }]);
  });

  it('are told of for some seconds where all went well, and else until that is closed', async () => {
    const { sender, pauses } = sending(async () => undefined);
    await sender.share(FILES);
    expect(sender.sendings.value).toHaveLength(1);
    pauses.next();
    await vi.waitFor(() => expect(sender.sendings.value).toEqual([]));
    const { sender: failing, pauses: unasked } = sending(() => Promise.reject(new Error('no')));
    await failing.share(FILES);
    expect([unasked.observed, failing.sendings.value.length]).toEqual([false, 1]);
    failing.close('a-word-of-ours');
    expect(failing.sendings.value).toEqual([]);
  });

  it('are nothing where none was chosen', async () => {
    const { sender, asked } = sending(async () => undefined);
    await sender.send('all', 'Everybody', []);
    expect([asked, sender.sendings.value]).toEqual([[], []]);
  });
});
