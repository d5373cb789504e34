import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { controlClient, type Heard } from '#src/peer/remote/control-client.js';
import { newFolder } from '#test/support/folders.js';

/** A client of a peer that answers so. */
async function scene(answer: RequestListener, patienceMs?: number) {
  const path = join(newFolder(), 's');
  const server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(path, resolve));
  const client = controlClient(path, undefined, patienceMs);
  onTestFinished(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  return client;
}

describe.skipIf(process.platform === 'win32')('what a peer tells over its control socket', () => {
  it('ends where it is torn off in the middle of a line, which is not heard', async () => {
    const mark = JSON.stringify({ type: 'mark', ref: 'r' });
    const client = await scene((_, response) => {
      response.write(`${mark}\n${mark.slice(0, 10)}`, () => response.destroy());
    });
    const heard: Heard[] = [];
    const ended = vi.fn<() => void>();
    await client.events((event) => heard.push(event), ended);
    await vi.waitFor(() => expect(ended).toHaveBeenCalledTimes(1));
    expect(heard).toEqual([{ type: 'mark', ref: 'r' }]);
  });

  it('is told to have been lost where nothing of the answer comes, and the peer answers the next', async () => {
    let asked = 0;
    const client = await scene(({ socket }, response) => {
      asked += 1;
      if (asked === 1) socket.destroy();
      else response.end('{}');
    });
    const failed = client.ask('say', { text: 'hello' });
    const error = await failed.then(
      () => undefined,
      (cause: unknown) => client.why(cause),
    );
    expect(error).toMatchObject({ code: 'offline', message: expect.stringContaining('goes on') });
    expect(client.isThere).toBe(true);
  });

  it('is told to have been lost, by a peer that is there, where that accepts and never answers', async () => {
    let asked = 0;
    const client = await scene(({ socket }) => {
      asked += 1;
      if (asked === 1) socket.destroy();
    }, 200);
    const error = await client.ask('say', { text: 'hello' }).catch((cause) => client.why(cause));
    expect(error).toMatchObject({ code: 'offline', message: expect.stringContaining('goes on') });
    expect(client.isThere).toBe(true);
  });
});
