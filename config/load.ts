/**
 * Puts the settings together: flags before environment before file before defaults. A list given in one place
 * replaces the others'. Whatever is wrong is one sentence that names the setting, where it was given, and the
 * mend; nothing is guessed.
 */
import { delimiter, join } from 'node:path';
import convict from 'convict';
import type { NetworkKey } from '#src/domain/network-key.js';
import { nameOfHost } from '#src/domain/peers/profile.js';
import {
  defaultDownloadsFolder,
  type Machine,
  thisMachine,
} from '#src/io/disk/platform-folders.js';
import { checkPaths, checkTimers } from './consistency.js';
import { type Entry, entriesOf, judged } from './entry.js';
import { readSettingsFile } from './file.js';
import type { Given, Values } from './leaf.js';
import { leaves } from './leaves.js';
import { networkKeyOf } from './network-key.js';
import { schema } from './schema.js';

type Raw = Values<typeof schema>;

/** Complete and checked. `port` and `data` stay null until a port has been found, `name` until the data folder is read. */
export type Settings = Omit<Raw, 'downloads' | 'network'> & {
  readonly network: {
    /** Read from its file, where it lies in one. */
    readonly key: NetworkKey | null;
    readonly keyFile: string | null;
  };
  readonly downloads: { readonly folder: string; readonly resumeAtStart: boolean };
};

/** What a program gives: any part of the settings. */
export type SettingsInput = Given<typeof schema>;

export type LogLevel = Settings['logLevel'];

/** Flags as they were typed, by setting (`discovery.port`); `true` for one that takes no value. */
export type Flags = Readonly<Record<string, string | readonly string[] | true>>;

type Environment = Readonly<Record<string, string | undefined>>;

export type Sources = {
  readonly file?: string | undefined;
  readonly flags?: Flags;
  /** What flags are called by a command that has other names for them, by setting. */
  readonly flagNames?: Readonly<Record<string, string>>;
  readonly env?: Environment;
  readonly cwd?: string;
  readonly machine?: Machine;
};

/** Put together here: final, and not to be judged a second time, when files may have changed and pipes are empty. */
const FINAL = new WeakSet<object>();

/** @throws {P2pError} `usage` for a flag, `config` for the environment or a file. */
export function loadSettings(sources: Sources = {}): Settings {
  const cwd = sources.cwd ?? process.cwd();
  const file = sources.file === undefined ? [] : readSettingsFile(sources.file, cwd);
  const layers = [
    ...file,
    ...environmentEntries(sources.env ?? process.env, cwd),
    ...flagEntries(sources, cwd),
  ];
  return settled(layers, sources.machine ?? thisMachine());
}

/**
 * The settings of a program that uses the library: its own and the defaults, never the environment.
 * @throws {P2pError} `config`
 */
export function settingsFrom(
  input: SettingsInput | Settings,
  cwd: string = process.cwd(),
  machine: Machine = thisMachine(),
): Settings {
  if (isFinal(input)) return input;
  const entries = entriesOf(input, (path) => ({
    where: `option ${path}`,
    code: 'config',
    base: cwd,
  }));
  return settled(entries, machine);
}

/** @returns settings with parts that the program itself decides in place of what was given. */
export function withSettings(settings: Settings, own: Partial<Settings>): Settings {
  const changed = { ...settings, ...own };
  FINAL.add(changed);
  return changed;
}

function isFinal(input: SettingsInput | Settings): input is Settings {
  return FINAL.has(input);
}

function environmentEntries(env: Environment, cwd: string): readonly Entry[] {
  return leaves.flatMap(({ path, leaf }) => {
    const text = env[leaf.env];
    // An empty variable is how shells and service files say "not set".
    if (text === undefined || text === '') return [];
    const value =
      leaf.kind.list === undefined ? leaf.kind.parse(text) : listed(text, leaf.kind.list);
    return [{ path, value, where: leaf.env, code: 'config' as const, base: cwd }];
  });
}

function listed(text: string, by: 'path-delimiter' | 'comma'): readonly string[] {
  const parts = text.split(by === 'comma' ? ',' : delimiter);
  return by === 'comma' ? parts.map((part) => part.trim()) : parts;
}

function flagEntries({ flags = {}, flagNames = {} }: Sources, cwd: string): readonly Entry[] {
  return leaves.flatMap(({ path, leaf }) => {
    const typed = flags[path];
    if (typed === undefined) return [];
    const value = typeof typed === 'string' ? leaf.kind.parse(typed) : typed;
    const where = flagNames[path] ?? leaf.flag ?? path;
    return [{ path, value, where, code: 'usage' as const, base: cwd }];
  });
}

function settled(entries: readonly Entry[], machine: Machine): Settings {
  const chosen = new Map(entries.map((entry) => [entry.path, judged(entry, machine.home)]));
  // convict's own reading of environment and arguments converts loosely: it is given neither.
  const config = convict<Raw>(schema, { env: {}, args: [] });
  for (const { path, value } of chosen.values()) config.set(path, value);
  config.validate({ allowed: 'strict' });
  const raw = config.getProperties();
  checkTimers(raw, chosen);
  const network = { ...raw.network, key: networkKeyOf(raw, chosen) };
  const settings = { ...completed(raw, machine), network };
  checkPaths(settings, chosen);
  FINAL.add(settings);
  return settings;
}

function completed(raw: Raw, machine: Machine): Omit<Settings, 'network'> {
  const { network: _, ...rest } = raw;
  return {
    ...rest,
    downloads: { ...raw.downloads, folder: raw.downloads.folder ?? downloadsFolder(raw, machine) },
  };
}

function downloadsFolder(raw: Raw, machine: Machine): string {
  return raw.data === null ? defaultDownloadsFolder(machine) : join(raw.data, 'downloads');
}

/** @returns what a peer is called that was given no name. */
export function defaultName(): string {
  return nameOfHost(thisMachine().hostName);
}
