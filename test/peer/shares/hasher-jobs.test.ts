import { expect, it } from 'vitest';
import type { Crew } from '#src/peer/crew.js';
import { HasherJobs } from '#src/peer/shares/hasher-jobs.js';

it('what is only looked at is asked for as that, and why it failed is known', async () => {
  const ordered: object[] = [];
  const crew = { send: (_: string, order: object) => void ordered.push(order) };
  const jobs = new HasherJobs(crew as unknown as Crew);
  const looked = jobs.index('/a', '/looks', undefined, { mostBytes: 1, isStored: false });
  expect(ordered).toMatchObject([{ job: -1, path: '/a', mostBytes: 1, isStored: false }]);
  const error = { code: 'too-large', message: 'it is too large' };
  jobs.hear({ type: 'job-failed', job: -1, error });
  await expect(looked).rejects.toMatchObject({ code: 'io', cause: error });
});
