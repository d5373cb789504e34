import { describe, expect, it } from 'vitest';
import { answered } from '#web/api/upload-answer.js';

function ended(type: string, status = 0, responseText = ''): Promise<void> {
  const request = Object.assign(new EventTarget(), { status, responseText });
  const end = answered(request);
  request.dispatchEvent(new Event(type));
  return end;
}

describe('the answer to a file that is put', () => {
  it('is that it is there', async () => {
    await expect(ended('load', 200)).resolves.toBeUndefined();
  });

  it('is a failure in the words of the peer', async () => {
    const said = JSON.stringify({ code: 'disk-full', message: 'no room' });
    await expect(ended('load', 507, said)).rejects.toMatchObject({
      code: 'disk-full',
      message: 'no room',
    });
  });

  it.each(['', 'null', '{"code":'])(
    'is a failure with its status where it says %j',
    async (text) => {
      await expect(ended('load', 431, text)).rejects.toMatchObject({
        name: 'AskError',
        message: expect.stringContaining('431'),
      });
    },
  );

  it.each(['error', 'abort', 'timeout'])('is a failure where there is none: %s', async (end) => {
    await expect(ended(end)).rejects.toMatchObject({ name: 'AskError', code: 'gone' });
  });
});
