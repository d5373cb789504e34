import { describe, expect, it } from 'vitest';
import { P2pError } from '#src/domain/errors.js';
import { lossOf, lost } from '#src/peer/remote/lost-peer.js';

const GOES_ON =
  'the connection to the peer was lost, and the peer goes on: what became of this is in `p2p ctl transfers` and `p2p ctl status`';

function unanswered(code: string): P2pError {
  const cause = Object.assign(new Error(code), { code });
  return new P2pError('offline', 'no answer', { cause });
}

/** What is told where the peer, asked again and again, answers so in turn, and no more after that. */
async function told(error: unknown, ...answers: readonly (Error | 'fine')[]): Promise<unknown> {
  const left = [...answers];
  const ask = async () => {
    const answer = left.shift() ?? unanswered('ECONNREFUSED');
    if (answer instanceof Error) throw answer;
  };
  return (await lossOf(error, ask, { quietMs: 200, isGone: () => true }, 5000)).why;
}

const torn = lost(new Error('socket hang up'));

describe('a peer whose connection was lost', () => {
  it('goes on where it answers again, which is told with where to look', async () => {
    const again = await told(torn, unanswered('ECONNREFUSED'), unanswered('ECONNRESET'), 'fine');
    expect(again).toMatchObject({ code: 'offline', message: GOES_ON });
  });

  it('goes on where it answers, whatever that is, and is not guessed at where nobody could ask', async () => {
    const busy = new P2pError('limit', 'too much is asked at once');
    expect(await told(torn, unanswered('ECONNRESET'), busy)).toMatchObject({ message: GOES_ON });
    const denied = new P2pError('denied', 'ask him', { cause: new Error('EACCES') });
    for (const unasked of [denied, new SyntaxError('no JSON')]) {
      await expect(told(torn, unasked)).rejects.toBe(unasked);
    }
  });

  it('has ended where nobody answers any more, or it says so itself', async () => {
    const ended = { code: 'offline', message: 'the peer ended meanwhile' };
    expect(await told(torn)).toMatchObject(ended);
    expect(await told(unanswered('ECONNREFUSED'))).toMatchObject(ended);
    expect(await told(torn, new P2pError('closed', 'this peer has ended'))).toMatchObject(ended);
  });

  it('was not lost where it said what is wrong, also that another peer is not here', async () => {
    for (const error of [
      new P2pError('offline', 'Ben is not here'),
      new P2pError('io', 'the disk', { cause: new Error('EIO') }),
    ]) {
      expect(await told(error, 'fine')).toBe(error);
    }
  });
});
