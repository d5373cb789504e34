import { spawnSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { P2pError } from '#src/domain/errors.js';
import { isProcessGone, peerEnd } from '#src/peer/remote/peer-end.js';

function offline(code: string): P2pError {
  const cause = Object.assign(new Error(code), { code });
  return new P2pError('offline', 'no answer', { cause });
}

/** Asked to end again and again, a peer answers so, in turn. @returns what is left of it. */
async function asked(answers: readonly (Error | 'ended')[], isGone = () => true) {
  const left = [...answers];
  const stop = async () => {
    const answer = left.shift();
    if (answer instanceof Error) throw answer;
  };
  await peerEnd(stop, new AbortController().signal, { quietMs: 200, isGone });
  return left;
}

const lost = offline('ECONNRESET');
const refused = offline('ECONNREFUSED');
const missing = offline('ENOENT');

describe('a peer that was asked to end', () => {
  it('has ended once it says so, however often its connection was lost', async () => {
    expect(await asked(['ended', lost])).toEqual([lost]);
    expect(await asked([lost, refused, lost, missing, 'ended', lost])).toEqual([lost]);
  });

  it('has ended where nobody is there for a while', async () => {
    expect(await asked([lost, refused, missing, 'ended'])).toEqual(['ended']);
  });

  it('goes on as long as its process is there, however long nobody answers', async () => {
    const looks = [false, false, true];
    const left = await asked(
      [refused, refused, refused, refused, 'ended'],
      () => looks.shift() ?? true,
    );
    expect([left, looks]).toEqual([['ended'], []]);
    expect(await asked([lost, missing, missing, 'ended'], () => false)).toEqual(['ended']);
    expect([isProcessGone(process.pid), isProcessGone(undefined)]).toEqual([false, true]);
    const { pid } = spawnSync(process.execPath, ['--version']);
    expect(isProcessGone(pid)).toBe(true);
  });

  it('goes on where it says why', async () => {
    const denied = new P2pError('denied', 'it belongs to another user');
    await expect(asked([denied])).rejects.toBe(denied);
  });

  it('is waited for no longer than its user does, also where it accepts and never answers', async () => {
    const patience = new AbortController();
    let fail: (error: Error) => void = () => undefined;
    const stop = () => {
      setImmediate(() => patience.abort());
      return new Promise<never>((_, reject) => {
        fail = reject;
      });
    };
    await peerEnd(stop, patience.signal, { quietMs: 200, isGone: () => true });
    expect(getEventListeners(patience.signal, 'abort')).toEqual([]);
    // The connection is given up afterwards: nobody has to hear of that.
    fail(lost);
    await new Promise(setImmediate);
  });

  it('is asked no more once nobody waits', async () => {
    const patience = new AbortController();
    let times = 0;
    const stop = async () => {
      times += 1;
      patience.abort();
      throw lost;
    };
    await peerEnd(stop, patience.signal, { quietMs: 200, isGone: () => true });
    expect(times).toBe(1);
  });
});
