import { describe, expect, it } from 'vitest';
import type { Line, Output } from '#src/cli/answer.js';
import { CtlAnswers } from '#src/cli/ctl-answers.js';
import type { Told } from '#src/peer/api.js';
import { OTHER_ID, SEND, SHARE, TRANSFER } from '#test/support/fake-peer.js';

const REF = 'ctl-1';

function scene() {
  const told: Line[] = [];
  const heard: Line[] = [];
  const output: Output = {
    tell: (line) => void told.push(line),
    answer: (event) => void told.push(event),
    hear: (event) => void heard.push(event),
    end: () => undefined,
  };
  return { answers: new CtlAnswers(REF, output), told, heard };
}

const notice: Told = { type: 'notice', code: 'x', message: 'something else' };
const offered: Told = { type: 'send-offered', ...SEND };
const spoilt: Told = {
  type: 'send-failed',
  offerId: SEND.offerId,
  name: SEND.name,
  code: 'changed',
  message: 'it changes all the time',
};

describe('what answers a command from another terminal', () => {
  it('is what carries its reference, without that, and nothing else', () => {
    const { answers, told, heard } = scene();
    answers.hear({ ...offered, ref: REF });
    answers.hear({ ...notice, ref: 'ctl-2' });
    answers.hear(notice);
    expect(told).toEqual([offered]);
    expect(heard).toMatchObject([notice, notice]);
    expect(answers.isFailed).toBe(false);
  });

  it('is the progress of what it began, and of nothing else', () => {
    const { answers, told } = scene();
    const progress: Told = { type: 'transfer', ...TRANSFER };
    answers.hear(progress);
    answers.hear({ type: 'download-started', ...SHARE, have: 0, sources: 1, ref: REF });
    answers.hear(progress);
    answers.hear({ ...progress, id: 'another' as never });
    expect(told.map(({ type }) => type)).toEqual(['download-started', 'transfer']);
  });

  it.each<Told>([
    { type: 'download-failed', name: 'film', code: 'no-sources', message: 'nobody' },
    { type: 'error', code: 'io', message: 'the disk' },
    spoilt,
  ])('is a failure where it says so: $type', (event) => {
    const { answers } = scene();
    answers.hear({ ...event, ref: REF });
    expect(answers.isFailed).toBe(true);
  });

  it('is a failure where what it offered cannot be sent, which no reference says', () => {
    const { answers, told } = scene();
    answers.hear(spoilt);
    expect(answers.isFailed).toBe(false);
    answers.hear({ ...offered, ref: REF });
    answers.hear(spoilt);
    expect(answers.isFailed).toBe(true);
    expect(told).toEqual([offered, spoilt]);
  });

  it('is all there once its mark has come, whatever becomes of the peer then', async () => {
    const { answers } = scene();
    const marked = answers.marked();
    answers.hear({ type: 'mark', ref: 'ctl-2' });
    answers.hear({ type: 'link-up', peerId: OTHER_ID, direction: 'dialled' });
    answers.hear({ type: 'mark', ref: REF });
    answers.ended();
    await marked;
  });

  it.each(['before', 'while'])(
    'is lost where its stream ends %s it waits for its mark',
    async (when) => {
      const { answers } = scene();
      if (when === 'before') answers.ended();
      const marked = answers.marked();
      if (when === 'while') answers.ended();
      answers.hear({ type: 'mark', ref: REF });
      await expect(marked).rejects.toMatchObject({ code: 'offline', cause: expect.anything() });
    },
  );

  it('is nothing of what the peer left out before the command began', async () => {
    const { answers } = scene();
    answers.hear({ type: 'missed', count: 3 });
    answers.hear({ type: 'mark', ref: answers.beginning });
    answers.hear({ type: 'mark', ref: REF });
    await answers.marked();
  });

  it('may be what the peer left out, which is said in one line once the mark is there', async () => {
    const { answers, told, heard } = scene();
    const marked = answers.marked();
    answers.hear({ type: 'mark', ref: answers.beginning });
    answers.hear({ type: 'missed', count: 3 });
    answers.hear({ ...offered, ref: REF });
    answers.hear({ type: 'mark', ref: REF });
    await expect(marked).rejects.toMatchObject({
      code: 'limit',
      message:
        'the peer told more than it could pass on, and left out 3: an answer to this command may be among them; what became of it is in `p2p ctl transfers` and `p2p ctl status`',
    });
    expect([told, heard]).toEqual([[offered], []]);
  });
});
