import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ReceivingDesk } from '#src/cli/receiving-desk.js';
import type { YesNo } from '#src/cli/yes-no.js';
import type { PeerId } from '#src/domain/ids.js';
import type { ReceivingEvent } from '#src/peer/file-transfer.js';

const sender = { peerId: 'a'.repeat(64) as PeerId, name: 'alice', host: '192.0.2.1' };
const offered: ReceivingEvent = {
  type: 'offered',
  offer: 7,
  file: 'film.mkv',
  bytes: 2048,
  ...sender,
};
const refused: ReceivingEvent = { type: 'refused', offer: 7, file: 'film.mkv' };

/** A desk at which this is the answer to every question; without one nobody is asked. */
function deskOf(answer: YesNo | undefined, isJson = false) {
  const done: unknown[] = [];
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const receiving = {
    send: (order: unknown) => void done.push(order),
    stop: () => void done.push('stop'),
  };
  const asker =
    answer === undefined
      ? undefined
      : {
          ask: (unclear: () => void) => {
            unclear();
            return Promise.resolve(answer);
          },
          withdraw: () => void done.push('withdraw'),
          end: () => undefined,
        };
  const desk = new ReceivingDesk(receiving, asker, streams, { name: 'me', isJson });
  const written = () => ({
    stdout: String(streams.stdout.read() ?? ''),
    stderr: String(streams.stderr.read() ?? ''),
  });
  return { desk, done, written };
}

const decided = (isWanted: boolean) => [{ type: 'decide', offer: 7, isWanted }];

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('a file that is offered', () => {
  it.each<[answer: YesNo | undefined, isWanted: boolean]>([
    [undefined, true],
    ['yes', true],
    ['no', false],
    ['nobody', false],
  ])('is, where the answer is %s, wanted: %s', async (answer, isWanted) => {
    const { desk, done } = deskOf(answer);
    desk.shown(offered);
    await settle();
    expect(done).toEqual(decided(isWanted));
  });

  it('is told with who offers it, and asked about only where somebody can answer', () => {
    const text = 'wants to send film.mkv, 2.0 KiB.';
    expect(deskOf('yes').desk.shown(offered).text).toMatch(new RegExp(`^alice .*${text} Take it`));
    expect(deskOf(undefined).desk.shown(offered).text).toMatch(new RegExp(`${text}$`));
  });

  it.each([
    [false, 'Please type y or n, and Enter.\n'],
    [true, ''],
  ])('is explained again after an unclear answer, but not to a program: %s', (isJson, stdout) => {
    const { desk, written } = deskOf('yes', isJson);
    desk.shown(offered);
    expect(written()).toEqual({ stdout, stderr: '' });
  });

  it('is waited on for after a refusal, unless nobody is there any more to say yes', async () => {
    const some = deskOf('no');
    some.desk.shown(offered);
    await settle();
    expect(some.desk.shown(refused)).toEqual({ text: 'Refused film.mkv. Waiting on.' });
    const none = deskOf('nobody');
    none.desk.shown(offered);
    await settle();
    expect(none.desk.shown(refused)).toEqual({ text: 'Refused film.mkv.', code: 1 });
    expect(none.done).toEqual([...decided(false), 'stop']);
    expect(none.written().stderr).toMatch(/nobody can say yes: --yes/);
  });

  it('is not asked about any more once it has failed', () => {
    const { desk, done } = deskOf('yes');
    const failed = {
      type: 'failed',
      offer: 7,
      ...sender,
      code: 'closed',
      message: 'gone',
    } as const;
    expect(desk.shown(failed).complaint).toMatch(/^nothing taken from alice .*: gone; waiting on$/);
    expect(done).toEqual(['withdraw']);
    const stopped = desk.shown({ ...failed, code: 'cancelled' }).complaint;
    expect(stopped).toMatch(/^alice .* stopped sending; waiting on$/);
  });
});

describe('who begins to listen', () => {
  it('is told of parts that others left, and by which name the other end sees it', () => {
    const { desk } = deskOf('yes');
    const { text } = desk.shown({
      type: 'listening',
      host: '::1',
      port: 4000,
      peerId: sender.peerId,
      leftovers: ['/to/.p2p-partial/file-4001'],
    });
    expect(text).toMatch(/^Note: \/to\/\.p2p-partial\/file-4001 holds .+\n/);
    expect(text).toMatch(/\nWaiting for a file on UDP \[::1\]:4000 as me \(/);
  });
});
