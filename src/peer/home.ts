/** What one start of a peer rests on: its settings, who it is, where it keeps what, its database. */
import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { defaultName, type Settings } from '#config/load.js';
import { GIVES_SEGMENTS } from '#src/domain/content/segment-list.js';
import { HEARS_HELD_BACK } from '#src/domain/download/crawl.js';
import { SPEAKS_UDP } from '#src/domain/download/transport-choice.js';
import { P2pError } from '#src/domain/errors.js';
import { type Colour, parseColour, parseName } from '#src/domain/peers/profile.js';
import type { Place, Self } from '#src/domain/peers/self.js';
import { portsFrom } from '#src/domain/ports.js';
import { HEARS_PRIORITY } from '#src/domain/send/transfer.js';
import { type Database, openDatabase } from '#src/io/disk/database.js';
import { syncFolder } from '#src/io/disk/held-folder.js';
import { type Identity, identityFile, newInstance, openIdentity } from '#src/io/disk/identity.js';
import { openToOthers } from '#src/io/disk/owner-only.js';
import { defaultDataFolder, thisMachine } from '#src/io/disk/platform-folders.js';
import { requireHandles } from '#src/io/net/handle-limit.js';

type Notice = { readonly code: string; readonly message: string };

export type Home = {
  readonly settings: Settings;
  readonly self: Self;
  readonly credentials: Identity['credentials'];
  readonly folders: {
    readonly data: string;
    readonly downloads: string;
    /** Manifests as files by content id. */
    readonly manifests: string;
    /** How shared files looked when they were hashed. */
    readonly fingerprints: string;
    /** How contents are cut by their bytes, as files by id. */
    readonly segments: string;
    /** Chunks kept for others. */
    readonly store: string;
    /** What pages and programs put here to be shared or sent. */
    readonly uploads: string;
  };
  readonly database: Database;
  /** What the user chose before. */
  readonly colour: Colour | undefined;
  /** What the user should know about opening it. */
  readonly notices: readonly Notice[];
};

/** The data folder holds a key; what is downloaded is the user's, as any file. */
const PRIVATE = 0o700;
const ORDINARY = 0o777;

/** @param base the first of four free ports. @throws P2pError `limit`, `config`, `folder-unavailable`, `data-in-use`, `data-failed`, `damaged` */
export async function openHome(settings: Settings, base: number): Promise<Home> {
  requireHandles();
  const data = settings.data ?? defaultDataFolder(thisMachine(), process.env, base);
  await makeFolder(data, settings.data === null, 'data', PRIVATE);
  await makeFolder(settings.downloads.folder, false, 'downloads', ORDINARY);
  const { database, notice } = await openDatabase(data);
  try {
    const { peerId, credentials: own } = await openIdentity(data);
    const credentials = { ...own, networkKey: settings.network.key ?? undefined };
    const folders = { ...(await makeOwn(data)), downloads: settings.downloads.folder };
    const name = settings.name ?? (await keptName(database)) ?? defaultName();
    const features = featuresOf(settings);
    const self = { peerId, name, ports: portsFrom(base), instance: newInstance(), features };
    const damage = notice === undefined ? [] : [{ code: 'damaged', message: notice }];
    const notices = [...damage, ...(await readableKeys(settings, data))];
    const colour = await keptColour(database);
    return { settings, self, credentials, folders, database, colour, notices };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function makeOwn(data: string): Promise<Omit<Home['folders'], 'downloads'>> {
  const own = {
    manifests: join(data, 'manifests'),
    fingerprints: join(data, 'fingerprints'),
    segments: join(data, 'segments'),
    store: join(data, 'chunks'),
    uploads: join(data, 'uploads'),
  };
  for (const folder of Object.values(own)) await mkdir(folder, { recursive: true });
  // What is kept in them is no safer than their names.
  await syncFolder(data);
  return { data, ...own };
}

function featuresOf({ transfer: { transport, delta } }: Settings): readonly string[] {
  return [
    HEARS_HELD_BACK,
    HEARS_PRIORITY,
    ...(transport === 'tcp' ? [] : [SPEAKS_UDP]),
    ...(delta ? [GIVES_SEGMENTS] : []),
  ];
}

/** Of this peer, in the table of profiles. */
const OWN = 'own';
const COLOUR = 'colour';

/** For later starts that are given no name. */
export async function keepName(database: Database, name: string): Promise<void> {
  await database.put('profile', OWN, { name });
}

async function keptName(database: Database): Promise<string | undefined> {
  const kept = await database.get('profile', OWN);
  return kept && parseName(kept.name);
}

/** For later starts. */
export async function keepColour(database: Database, colour: Colour | undefined): Promise<void> {
  await database.put('profile', COLOUR, { name: colour ?? '' });
}

async function keptColour(database: Database): Promise<Colour | undefined> {
  const kept = await database.get('profile', COLOUR);
  return kept && parseColour(kept.name);
}

/** @returns what a listening actor is told of itself. */
export function placeOf(home: Home, port: number): Place {
  return { host: home.settings.host, port, self: home.self, credentials: home.credentials };
}

/** Whoever reads the one key is this peer, and whoever reads the other is in its network. */
async function readableKeys({ network }: Settings, data: string): Promise<readonly Notice[]> {
  const files = [identityFile(data), ...(network.keyFile === null ? [] : [network.keyFile])];
  const messages = await Promise.all(files.map((path) => openToOthers(path)));
  return messages.flatMap((message) =>
    message === undefined ? [] : [{ code: 'readable-key', message }],
  );
}

/** A folder the user named is made where its parent exists; a mistyped path is not made up. */
async function makeFolder(
  folder: string,
  isOurs: boolean,
  setting: string,
  mode: number,
): Promise<void> {
  try {
    await mkdir(folder, { recursive: isOurs, mode });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    // Where the parent is there, as /proc is, it is the system that makes nothing in it.
    if (code === 'ENOENT' && !existsSync(dirname(folder))) {
      throw new P2pError(
        'config',
        `--${setting}: ${dirname(folder)} does not exist: make it, or choose another folder`,
        { cause },
      );
    }
    throw new P2pError(
      'folder-unavailable',
      `--${setting}: ${folder} cannot be used: choose another folder (${message})`,
      { cause },
    );
  }
}
