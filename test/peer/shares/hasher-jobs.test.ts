import { expect, it } from 'vitest';
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
