import { expect, it } from 'vitest';
import type { Crew } from '#src/peer/crew.js';
import { HasherJobs } from '#src/peer/shares/hasher-jobs.js';

it('a download that ends tells the hasher to stop copying into it, and waits until it has', async () => {
  const sent: { readonly type: string; readonly job: number }[] = [];
  const jobs = new HasherJobs({ send: (_: string, order: never) => sent.push(order) } as never);
  const ended = new AbortController();
  const source = { kind: 'partial', path: '/left', have: [] } as const;
  let isAnswered = false;
  const adopted = jobs.adopt('a' as never, '/staging', source, [], ended.signal).catch((error) => {
    isAnswered = true;
    return error;
  });
  ended.abort();
  const job = sent[0]?.job ?? 0;
  expect(sent).toMatchObject([{ type: 'adopt' }, { type: 'cancel', job }]);
  await new Promise(setImmediate);
  expect(isAnswered).toBe(false);
  jobs.hear({ type: 'job-failed', job, error: { code: 'cancelled', message: 'stopped' } });
  expect(await adopted).toMatchObject({ message: 'stopped' });
});

it('what is only looked at is asked for as that, and why it failed is known', async () => {
  const ordered: object[] = [];
  const crew = { send: (_: string, order: object) => void ordered.push(order) };
  const jobs = new HasherJobs(crew as unknown as Crew);
  const looked = jobs.index('/a', '/looks', undefined, { mostBytes: 1, isStored: false });
  expect(ordered).toMatchObject([{ job: -1, path: '/a', mostBytes: 1, isStored: false }]);
  const error = { code: 'too-large', message: 'it is too large' };
  jobs.hear({ type: 'job-failed', job: -1, error });
  await expect(looked).rejects.toMatchObject({ ...error, cause: error });
  const read = jobs.index('/a', '/looks');
  jobs.hear({ type: 'job-failed', job: -2, error: { code: 'EIO', message: 'EIO: i/o error' } });
  await expect(read).rejects.toMatchObject({ code: 'io', message: 'EIO: i/o error' });
});
