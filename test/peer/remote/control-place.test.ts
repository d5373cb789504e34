import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '#config/load.js';
import { controlPath } from '#src/io/web/control-socket.js';
import { controlOf } from '#src/peer/remote/control-place.js';
import { newFolder } from '#test/support/folders.js';

/** Where peers on these ports would have their sockets. */
function scene(...running: readonly number[]) {
  const root = newFolder();
  const env = { XDG_DATA_HOME: root };
  const folderOf = (port: number) => join(root, 'p2p', `${port}`);
  for (const port of running) {
    mkdirSync(folderOf(port), { recursive: true });
    writeFileSync(controlPath(folderOf(port)), '');
  }
  const found = (flags: Readonly<Record<string, unknown>> = {}) =>
    controlOf(loadSettings({ file: undefined, flags, env, cwd: root } as never), env);
  return { found, folderOf, root };
}

// Elsewhere the folder for data is another, and a pipe is no file.
describe.skipIf(process.platform !== 'linux')('the peer that a command is for', () => {
  it('is the one that runs', () => {
    const { found, folderOf } = scene(27_464);
    expect(found()).toBe(controlPath(folderOf(27_464)));
  });

  it('is to be named where several run', () => {
    const { found, folderOf } = scene(27_460, 27_464);
    expect(() => found()).toThrow(
      'several peers run here, on 27460, 27464: say which with --port N',
    );
    expect(found({ port: '27464' })).toBe(controlPath(folderOf(27_464)));
  });

  it('is that of a data folder, wherever it listens', () => {
    const { found, root } = scene(27_460);
    expect(found({ data: join(root, 'own') })).toBe(controlPath(join(root, 'own')));
  });

  it('is missed in one line where none runs', () => {
    const { found } = scene();
    expect(() => found()).toThrow(
      'no peer runs here: start one with `p2p start`, or say which with --data DIR or --port N',
    );
  });
});
