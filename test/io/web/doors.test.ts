import { createServer, type RequestListener } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Doors } from '#src/io/web/doors.js';
import { newFolder } from '#test/support/folders.js';
import { askAt } from '#test/support/web.js';

/** Doors behind which nothing is yet; whoever asks is told how often it was loaded. */
function scene(answer?: RequestListener) {
  let loads = 0;
  const doors = new Doors(async () => {
    loads += 1;
    return answer ?? ((_, response) => void response.end(`loaded ${loads}`));
  });
  onTestFinished(() => doors.close());
  return { doors, loads: () => loads };
}

describe('the doors of the local API', () => {
  it('are open before what answers is loaded, which is once, for the first who asks', async () => {
    const { doors, loads } = scene();
    const ask = askAt({ port: await doors.openPage(0) });
    expect(loads()).toBe(0);
    const replies = await Promise.all([ask('GET', '/'), ask('GET', '/')]);
    expect(replies.map(({ text }) => text)).toEqual(['loaded 1', 'loaded 1']);
  });

  it('let nobody in any more once the peer ends, and those go on who are in', async () => {
    const held: (() => void)[] = [];
    const { doors } = scene((_, response) => void held.push(() => response.end('late')));
    const ask = askAt({ port: await doors.openPage(0) });
    const waiting = ask('GET', '/');
    await expect.poll(() => held.length).toBe(1);
    doors.stopListening();
    await expect(ask('GET', '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    for (const end of held) end();
    expect((await waiting).text).toBe('late');
  });

  it('are closed within a moment, however long somebody hangs on', async () => {
    const { doors } = scene(() => undefined);
    const ask = askAt({ port: await doors.openPage(0) });
    const hanging = expect(ask('GET', '/')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect.poll(() => connections(doors)).toBe(1);
    await doors.close();
    await hanging;
  });

  it('are refused in one line where the port is taken', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
    });
    onTestFinished(() => void other.close());
    await expect(scene().doors.openPage(port)).rejects.toMatchObject({
      code: 'ui-port-busy',
      message: `ui.port: ${port} is taken: choose another, or 0 for a free one`,
    });
  });

  it('hide no trouble that comes once they are open', async () => {
    const { doors } = scene();
    await doors.openPage(0);
    expect(doors.page.listenerCount('error')).toBe(0);
  });

  it('are closed where they were never opened', async () => {
    await scene().doors.close();
    const { doors } = scene();
    await doors.openControl(newFolder());
    await doors.close();
  });
});

function connections({ page }: Doors): Promise<number> {
  return new Promise((resolve) => {
    page.getConnections((_, count) => resolve(count));
  });
}
