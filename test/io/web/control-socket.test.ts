import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { controlPath, listenOnControl } from '#src/io/web/control-socket.js';
import { CONTROL_HOST } from '#src/io/web/guard.js';
import { newFolder } from '#test/support/folders.js';
import { askAt, openWeb } from '#test/support/web.js';

const OWN = { headers: { host: CONTROL_HOST } };

/** Listens and dies, as a peer that is killed does. */
const DYING =
  "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";

describe.skipIf(process.platform === 'win32')('the control socket', () => {
  it('is its owner’s alone, needs no token, and is gone with its peer', async () => {
    const data = newFolder();
    const { doors, close } = await openWeb();
    await doors.openControl(data);
    expect(statSync(controlPath(data)).mode & 0o777).toBe(0o600);
    expect(readdirSync(data)).toEqual(['control.sock']);
    const ask = askAt({ socketPath: controlPath(data) });
    expect((await ask('GET', '/api/v1/status', OWN)).status).toBe(200);
    await close();
    expect(readdirSync(data)).toEqual([]);
  });

  it('answers no browser that was led there', async () => {
    const data = newFolder();
    const { doors, calls } = await openWeb();
    await doors.openControl(data);
    const ask = askAt({ socketPath: controlPath(data) });
    const foreign = [{ host: 'evil.test' }, { host: CONTROL_HOST, origin: 'http://evil.test' }];
    for (const headers of foreign) {
      expect((await ask('GET', '/api/v1/status', { headers })).status).toBe(403);
    }
    expect(calls).toEqual([]);
  });

  it('takes the place of one that a killed peer has left', async () => {
    const data = newFolder();
    spawnSync(process.execPath, ['-e', DYING, controlPath(data)]);
    expect(lstatSync(controlPath(data)).isSocket()).toBe(true);
    const { doors } = await openWeb();
    await doors.openControl(data);
    const ask = askAt({ socketPath: controlPath(data) });
    expect((await ask('GET', '/api/v1/status', OWN)).status).toBe(200);
  });

  it('of the next peer stays where the one before ends late', async () => {
    const data = newFolder();
    const [one, other] = [await openWeb(), await openWeb()];
    await one.doors.openControl(data);
    await other.doors.openControl(data);
    await one.close();
    const ask = askAt({ socketPath: controlPath(data) });
    expect((await ask('GET', '/api/v1/status', OWN)).status).toBe(200);
  });

  it('is made where nobody else can come in, and what a killed peer has left of that goes', async () => {
    const data = newFolder();
    mkdirSync(join(data, '.control-12345678'));
    const { doors } = await openWeb();
    await doors.openControl(data);
    expect(readdirSync(data)).toEqual(['control.sock']);
  });

  it('hides no trouble that comes once it is open', async () => {
    const server = createServer();
    const remove = await listenOnControl(server, newFolder());
    expect(server.listenerCount('error')).toBe(0);
    server.close();
    await remove();
  });

  it('is refused in one line where its path is too long for a socket', async () => {
    const data = join(newFolder(), 'x'.repeat(100));
    mkdirSync(data);
    const { doors } = await openWeb();
    await expect(doors.openControl(data)).rejects.toMatchObject({
      code: 'address-unavailable',
      message: `${controlPath(data)} is too long for a socket: \`p2p ctl\` works with a shorter --data`,
    });
    expect(readdirSync(data)).toEqual([]);
  });

  it('is a pipe of that folder on Windows, however its name is written', () => {
    const [one, same, other] = ['/Data/Peer', '/data/peer', '/data/other'].map((data) =>
      controlPath(data, 'win32'),
    );
    expect(one).toMatch(/^\\\\\.\\pipe\\p2p-[0-9a-f]{32}$/);
    expect(one).toBe(same);
    expect(one).not.toBe(other);
  });
});
