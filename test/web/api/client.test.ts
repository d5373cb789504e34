import { describe, expect, it } from 'vitest';
import { operations } from '#src/api/operations.js';
import { asking } from '#web/api/client.js';

function asked(answer: () => Response | Promise<Response>) {
  const fetch = async () => await answer();
  return asking({ token: 't', fetch }, operations as never)('pauseAll', {});
}

describe('what is asked of the peer', () => {
  it('fails with the code and the words of the peer', async () => {
    const said = { code: 'limit', message: 'too much at once' };
    await expect(asked(() => Response.json(said, { status: 429 }))).rejects.toMatchObject(said);
  });

  it.each(['', 'null', '[]', '<html>', '{"code":7,"message":"x"}'])(
    'is told as refused for no reason, not as unanswered, where all that comes is %j',
    async (text) => {
      const refused = asked(() => new Response(text, { status: 500 }));
      const message = expect.stringContaining('500');
      await expect(refused).rejects.toMatchObject({ code: 'unexplained', message });
    },
  );

  it('is told as unanswered where nobody answers, and as garbled where it is no answer', async () => {
    const nobody = asked(() => Promise.reject(new TypeError('failed to fetch')));
    await expect(nobody).rejects.toMatchObject({ code: 'gone' });
    await expect(asked(() => new Response('{'))).rejects.toMatchObject({ code: 'garbled' });
  });

  it('says where its token is not known', async () => {
    const said = { code: 'refused', message: 'no' };
    const refused = asked(() => Response.json(said, { status: 401 }));
    await expect(refused).rejects.toMatchObject({ code: 'token' });
  });
});
