import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadSettings } from '#config/load.js';
import { controlPath } from '#src/io/web/control-socket.js';
import { controlClient } from '#src/peer/remote/control-client.js';
import { controlOf } from '#src/peer/remote/control-place.js';
import { newFolder } from '#test/support/folders.js';

/** Until the test is over. */
async function listening(path: string, answer: RequestListener): Promise<() => void> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => void server.listen(path, resolve));
  const end = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(end);
  return end;
}

/** Peers on these ports, by name; `left` were killed. */
async function scene(running: Readonly<Record<number, string>>, left: readonly number[] = []) {
  const root = newFolder();
  const env = { XDG_DATA_HOME: root };
  const folderOf = (port: number) => join(root, 'p2p', `${port}`);
  for (const port of [...Object.keys(running).map(Number), ...left]) {
    mkdirSync(folderOf(port), { recursive: true });
  }
  for (const [port, name] of Object.entries(running)) {
    const status = JSON.stringify({ name });
    await listening(controlPath(folderOf(Number(port))), (_, response) => response.end(status));
  }
  for (const port of left) writeFileSync(controlPath(folderOf(port)), '');
  const found = (flags: Readonly<Record<string, unknown>> = {}, name?: string, answerMs?: number) =>
    controlOf(
      loadSettings({ file: undefined, flags, env, cwd: root } as never),
      env,
      name,
      answerMs,
    );
  return { found, folderOf, root };
}

// Elsewhere the folder for data is another, and a pipe is no file.
describe.skipIf(process.platform !== 'linux')('the peer that a command is for', () => {
  it('is the one that runs, on whatever port, and none that was killed', async () => {
    const { found, folderOf } = await scene({ 31000: 'anna' }, [27_460]);
    expect(await found()).toBe(controlPath(folderOf(31_000)));
  });

  it('is to be named where several run, by its port or its name', async () => {
    const { found, folderOf } = await scene({ 27460: 'anna', 27464: 'ben' });
    await expect(found()).rejects.toMatchObject({
      code: 'usage',
      message:
        'several peers run here, anna on 27460, ben on 27464: say which with --port N or --name NAME',
    });
    expect(await found({ port: '27464' })).toBe(controlPath(folderOf(27_464)));
    expect(await found({}, 'ben')).toBe(controlPath(folderOf(27_464)));
  });

  it('is found by its name beside one that hangs, which is named by its port where none is', async () => {
    const { found, folderOf } = await scene({ 27460: 'anna', 27464: 'ben' });
    mkdirSync(folderOf(27_468));
    await listening(controlPath(folderOf(27_468)), () => undefined);
    expect(await found({}, 'ben', 200)).toBe(controlPath(folderOf(27_464)));
    await expect(found({}, 'carl', 200)).rejects.toMatchObject({
      message:
        'no peer called carl runs here: there is anna on 27460, ben on 27464, one on 27468 that does not answer',
    });
  });

  it('is not another than the one that is named', async () => {
    const { found } = await scene({ 27460: 'anna' });
    await expect(found({}, 'ben')).rejects.toMatchObject({
      code: 'not-found',
      message: 'no peer called ben runs here: there is anna on 27460',
    });
  });

  it('is to be named by its port where two have one name', async () => {
    const { found } = await scene({ 27460: 'anna', 27464: 'anna' });
    await expect(found({}, 'anna')).rejects.toMatchObject({ code: 'usage' });
  });

  it('is that of a data folder, wherever it listens', async () => {
    const { found, root } = await scene({ 27460: 'anna' });
    expect(await found({ data: join(root, 'own') })).toBe(controlPath(join(root, 'own')));
  });

  it('is missed in one line where none runs', async () => {
    const { found } = await scene({}, [27_460]);
    await expect(found()).rejects.toMatchObject({
      code: 'offline',
      message:
        'no peer runs here: start one with `p2p start`, or say which with --data DIR or --port N',
    });
  });
});

describe.skipIf(process.platform === 'win32')('the end of a peer that is asked for', () => {
  it('is waited for, a minute at most, and then said to go on', async () => {
    const path = join(newFolder(), 's');
    await listening(path, () => undefined);
    const client = controlClient(path);
    onTestFinished(() => client.close());
    await expect(client.end(20)).rejects.toMatchObject({
      code: 'timed-out',
      message: 'the peer goes on ending: its own terminal says what it waits for',
    });
  });

  it('has not come where the connection is lost and somebody answers the next', async () => {
    const path = join(newFolder(), 's');
    let asked = 0;
    await listening(path, ({ socket }, response) => {
      asked += 1;
      if (asked === 1) socket.destroy();
      else response.end('{}');
    });
    const client = controlClient(path);
    await client.end();
    client.close();
    expect(asked).toBe(2);
  });

  it('has come where nobody answers any more', async () => {
    const path = join(newFolder(), 's');
    const gone = await listening(path, () => gone());
    const client = controlClient(path, 20);
    await client.end();
    await client.end();
    client.close();
  });

  it('has not come where nobody answers, and the process that said it was the peer is there', async () => {
    const path = join(newFolder(), 's');
    const gone = await listening(path, (_, response) => {
      response.end(JSON.stringify({ pid: process.pid }));
    });
    // As one that is killed leaves it.
    const left = `${path}-left`;
    linkSync(path, left);
    const client = controlClient(left, 20);
    onTestFinished(() => client.close());
    await client.ask('getStatus', {});
    gone();
    await expect(client.end(300)).rejects.toMatchObject({ code: 'timed-out' });
  });
});
