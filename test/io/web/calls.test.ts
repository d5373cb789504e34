import { describe, expect, it } from 'vitest';
import { type Call, Calls } from '#src/io/web/calls.js';

function scene() {
  const calls = new Calls();
  const asked: Call[] = [];
  calls.asked.subscribe((call) => call.type === 'call' && asked.push(call));
  return { calls, asked };
}

describe('what is asked of a peer', () => {
  it('is answered each by its own answer, in whatever order they come', async () => {
    const { calls, asked } = scene();
    const answers = [calls.ask('getStatus', {}), calls.ask('say', { text: 'hi' })];
    const [first, second] = asked as [Call, Call];
    expect(second).toMatchObject({ operation: 'say', input: { text: 'hi' } });
    calls.hear({ type: 'answered', call: second.call, answer: 2 });
    calls.hear({ type: 'answered', call: first.call, answer: 1 });
    expect(await Promise.all(answers)).toEqual([1, 2]);
  });

  it('is not answered by what was asked before it, in an earlier life', async () => {
    const before = scene();
    const { calls, asked } = scene();
    void before.calls.ask('getStatus', {});
    const answer = calls.ask('say', { text: 'hi' });
    calls.hear({ type: 'answered', call: before.asked[0]?.call ?? 0, answer: 'a status' });
    calls.hear({ type: 'answered', call: asked[0]?.call ?? 0, answer: 'said' });
    expect(await answer).toBe('said');
  });

  it('fails with all that the peer says of it', async () => {
    const { calls, asked } = scene();
    const answer = calls.ask('download', { name: 'film' });
    const error = { code: 'ambiguous', message: 'two', candidates: [1, 2] };
    calls.hear({ type: 'failed', call: asked[0]?.call ?? 0, error });
    await expect(answer).rejects.toMatchObject({ failure: error });
  });

  it('is not asked where 256 wait already, until one has its answer', async () => {
    const { calls, asked } = scene();
    const waiting = Array.from({ length: 256 }, () => calls.ask('getStatus', {}));
    await expect(calls.ask('getStatus', {})).rejects.toMatchObject({ code: 'limit' });
    expect(asked).toHaveLength(256);
    calls.hear({ type: 'answered', call: asked[0]?.call ?? 0, answer: 'one' });
    const one = calls.ask('getStatus', {});
    calls.end();
    expect(await waiting[0]).toBe('one');
    const [, ...others] = await Promise.allSettled([...waiting, one]);
    expect(others.every(({ status }) => status === 'rejected')).toBe(true);
  });

  it('is told of the end of the peer, which is the answer to whoever wanted that', async () => {
    const { calls } = scene();
    const answers = [calls.ask('stop', {}, true), calls.ask('stopNetwork', {}, true)];
    const lost = calls.ask('say', { text: 'hi' });
    calls.end();
    expect(await Promise.all(answers)).toEqual([{}, {}]);
    await expect(lost).rejects.toMatchObject({ code: 'closed' });
  });

  it('hears nothing of an answer that nobody waits for', () => {
    const { calls } = scene();
    calls.hear({ type: 'answered', call: 7, answer: 1 });
    calls.hear({ type: 'failed', call: 8, error: { code: 'io', message: '' } });
  });
});
