import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadSettings, settingsFrom } from '#config/load.js';
import { toRecord } from '#src/domain/errors.js';
import { newFolder } from '#test/support/folders.js';
import { newNetworkKey } from '#test/support/identities.js';

const KEY = newNetworkKey();

let folder = '';

beforeEach(() => {
  folder = newFolder();
});

function written(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** @param settings of a file. */
function load(settings: unknown, env: Readonly<Record<string, string>> = {}) {
  const file = written('peer.json', JSON.stringify(settings));
  return loadSettings({ file, env, cwd: '/' }).network.key;
}

/** The sentence of a refusal. */
function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(toRecord(error).code).toBe('config');
    expect(String(error)).not.toContain('\n');
    return String(error);
  }
  throw new Error('nothing was refused');
}

describe('the key of a private network', () => {
  it('comes from a settings file, the environment or a program, and there is none by default', () => {
    expect(load({})).toBeNull();
    expect(load({ network: { key: KEY } })).toBe(KEY);
    expect(load({ 'network.key': KEY })).toBe(KEY);
    expect(load({}, { P2P_NETWORK_KEY: KEY })).toBe(KEY);
    expect(load({ network: { key: newNetworkKey() } }, { P2P_NETWORK_KEY: KEY })).toBe(KEY);
    expect(settingsFrom({ network: { key: KEY } }).network).toEqual({ key: KEY, keyFile: null });
  });

  it.each(['', '\n', '\r\n'])('comes from a file that ends in %j', (end) => {
    const path = written('key', `${KEY}${end}`);
    expect(load({}, { P2P_NETWORK_KEY_FILE: path })).toBe(KEY);
    expect(settingsFrom({ network: { keyFile: path } }).network).toEqual({
      key: KEY,
      keyFile: path,
    });
  });

  it('comes from a file that lies relative to the settings file', () => {
    written('key', KEY);
    expect(load({ network: { keyFile: 'key' } })).toBe(KEY);
  });

  it('stays the same where settings are given that were loaded before', () => {
    const path = written('key', KEY);
    const settings = settingsFrom({ network: { keyFile: path } });
    rmSync(path);
    expect(settingsFrom(settings)).toBe(settings);
  });

  it('may be given in one way only, wherever the other one is', () => {
    const path = written('key', KEY);
    const both = refusal(() => load({ network: { keyFile: path } }, { P2P_NETWORK_KEY: KEY }));
    expect(both).toMatch(/"network\.keyFile" in .+ and P2P_NETWORK_KEY are both given/);
    const env = { P2P_NETWORK_KEY: KEY, P2P_NETWORK_KEY_FILE: path };
    expect(refusal(() => load({}, env))).toMatch(/P2P_NETWORK_KEY_FILE and P2P_NETWORK_KEY are/);
  });
});

describe('a wrong key is refused in one line that names the setting and shows nothing of it', () => {
  const wrong = KEY.slice(1);

  it.each([
    ['too short', { network: { key: wrong } }],
    ['upper case', { network: { key: `F${wrong.toUpperCase()}` } }],
    ['with a blank', { 'network.key': `${KEY} ` }],
    ['a list', { network: { key: [KEY] } }],
    ['an object', { network: { key: { is: KEY } } }],
    ['where the group is', { network: KEY }],
  ])('in a settings file: %s', (_what, settings) => {
    const sentence = refusal(() => load(settings));
    expect(sentence).toMatch(/"network(\.key)?(\.is)?" in .+/);
    expect(sentence.toLowerCase()).not.toContain(wrong.slice(0, 8));
  });

  it('in the environment', () => {
    const sentence = refusal(() => load({}, { P2P_NETWORK_KEY: wrong }));
    expect(sentence).toMatch(/P2P_NETWORK_KEY is wrong; it has to be 64 hexadecimal digits/);
    expect(sentence).not.toContain(wrong.slice(0, 8));
  });

  it.each([
    ['empty', ''],
    ['too short', wrong],
    ['two lines', `${KEY}\n\n`],
    ['long', `${KEY}\n`.repeat(1000)],
    ['upper case', `F${wrong.toUpperCase()}`],
  ])('in a file of its own: %s', (_what, text) => {
    const path = written('key', text);
    const sentence = refusal(() => load({}, { P2P_NETWORK_KEY_FILE: path }));
    expect(sentence).toMatch(/P2P_NETWORK_KEY_FILE: .+ does not hold a key/);
    expect(sentence.toLowerCase()).not.toContain(wrong.slice(0, 8));
  });

  it('where the file is missing, a folder, or without end', () => {
    mkdirSync(join(folder, 'inner'));
    const at = (path: string) => refusal(() => load({}, { P2P_NETWORK_KEY_FILE: path }));
    expect(at(join(folder, 'none'))).toMatch(/P2P_NETWORK_KEY_FILE: .*ENOENT/);
    expect(at(join(folder, 'inner'))).toMatch(/P2P_NETWORK_KEY_FILE: .*EISDIR/);
    if (statSync('/dev/zero', { throwIfNoEntry: false }) === undefined) return;
    expect(at('/dev/zero')).toMatch(/does not hold a key/);
  });
});
