import { Subject } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Download, DownloadEvent, DownloadResult } from '#src/peer/api.js';
import { answerOf } from '#src/peer/web/answers.js';

const STARTED = { type: 'download-started', name: 'film' } as DownloadEvent;
const RESULT = { name: 'film', path: '/there/film' } as DownloadResult;

/** A peer whose one download goes as the test says. */
function downloading() {
  const progress = new Subject<DownloadEvent>();
  let settle = { done: (_: DownloadResult) => {}, failed: (_: Error) => {} };
  const end = new Promise<DownloadResult>((done, failed) => {
    settle = { done, failed };
  });
  const asked: unknown[] = [];
  const download = (...words: unknown[]): Download => {
    asked.push(words);
    return Object.assign(end, { progress });
  };
  const ask = (wait?: boolean) => {
    const input = { name: 'film', ...(wait !== undefined && { wait }) };
    return answerOf({ download } as never, 'download', input, {} as never);
  };
  return { progress, asked, ask, ...settle };
}

describe('a download that is asked for', () => {
  it('is answered with what came of it, unless told', async () => {
    const { progress, asked, ask, done } = downloading();
    const answer = ask();
    progress.next(STARTED);
    done(RESULT);
    expect(await answer).toEqual(RESULT);
    expect(asked).toEqual([['film', {}]]);
  });

  it('is answered once it is under way where nobody waits for its end, which may be bad', async () => {
    const { progress, asked, ask, failed } = downloading();
    const answer = ask(false);
    progress.next(STARTED);
    expect(await answer).toEqual(STARTED);
    expect(asked).toEqual([['film', {}]]);
    // Told by an event: nobody has to hear of it here.
    failed(new Error('the last source left'));
  });

  it('is answered after a second where it is not under way by then', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { ask } = downloading();
    const answer = ask(false);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await answer).toEqual({});
  });

  it('is answered with why it cannot begin, or with where it is already', async () => {
    const none = downloading();
    const refused = none.ask(false);
    none.progress.complete();
    none.failed(new Error('nobody shares it'));
    await expect(refused).rejects.toThrow('nobody shares it');
    const here = downloading();
    const answer = here.ask(false);
    here.progress.complete();
    here.done(RESULT);
    expect(await answer).toEqual(RESULT);
  });
});
