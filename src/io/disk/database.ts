/**
 * What a peer remembers between two starts, in one LevelDB in its data folder: shares it has hashed, downloads
 * that are not finished, what it downloaded, addresses of peers. The main thread alone opens it; its lock is also
 * what keeps a second peer out of the same data folder. Most of it can be made anew, and for the rest, what was said
 * and how far it is numbered, nobody is to be kept from the network: a damaged one is repaired or set aside, loudly,
 * and never in the way.
 */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { P2pError } from '#src/domain/errors.js';
import type { TableName, Tables } from './database-rows.js';
import { MendedLevel } from './mended-level.js';
import { parseRow } from './row-shapes.js';

/** Peers that are remembered: enough to find the network again, few enough to dial at start. */
export const REMEMBERED_PEERS = 64;

/**
 * What others rely on is on the disk before it is answered or used: a private message that was acknowledged is told no
 * more by its author, a number that was used twice is shown once (and one of an offer means one), and whoever has a receipt
 * asks no more.
 */
const SYNCED: readonly TableName[] = ['private', 'counts', 'offerCount', 'sends', 'receives'];

export type Database = {
  get<T extends TableName>(table: T, key: string): Promise<Tables[T] | undefined>;
  all<T extends TableName>(table: T): Promise<readonly (readonly [string, Tables[T]])[]>;
  put<T extends TableName>(table: T, key: string, value: Tables[T]): Promise<void>;
  remove(table: TableName, key: string): Promise<void>;
  close(): Promise<void>;
};

export type Opened = {
  readonly database: Database;
  /** What the user should know: it was repaired, or set aside. */
  readonly notice?: string;
};

/** @throws P2pError `data-in-use`, `data-failed` */
export async function openDatabase(data: string): Promise<Opened> {
  const folder = join(data, 'database');
  const first = await tryOpen(folder);
  if (first.level !== undefined) return { database: tables(first.level) };
  await refuseInUse(first.error, data);
  const repaired = await ClassicLevel.repair(folder)
    .then(() => tryOpen(folder))
    .catch(() => ({ level: undefined }));
  if (repaired.level !== undefined) {
    return {
      database: tables(repaired.level),
      notice: `The database in ${folder} was damaged and has been repaired.`,
    };
  }
  return setAside(folder, first.error);
}

async function setAside(folder: string, error: unknown): Promise<Opened> {
  const aside = `${folder}.damaged-${Date.now()}`;
  try {
    await rename(folder, aside);
  } catch (cause) {
    throw dataFailed(folder, cause);
  }
  const fresh = await tryOpen(folder);
  if (fresh.level === undefined) throw dataFailed(folder, fresh.error ?? error);
  return {
    database: tables(fresh.level),
    notice:
      `The database in ${folder} was damaged beyond repair: it is now ${aside} and a new one was begun. ` +
      'Shares are hashed again, and unfinished downloads go on when they are asked for again.',
  };
}

type Attempt = { readonly level: ClassicLevel | undefined; readonly error?: unknown };

async function tryOpen(folder: string): Promise<Attempt> {
  const level = new ClassicLevel(folder, { keyEncoding: 'utf8', valueEncoding: 'utf8' });
  try {
    await level.open();
    // It opens without looking into its tables: one that is damaged would fail whoever reads it later.
    for await (const _ of level.keys());
    return { level };
  } catch (error) {
    await level.close();
    return { level: undefined, error };
  }
}

async function refuseInUse(error: unknown, data: string): Promise<void> {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  if (cause?.code === 'LEVEL_LOCKED') {
    throw new P2pError(
      'data-in-use',
      `the data folder ${data} is in use by another peer: stop it, or give this one a folder of its own with --data`,
      { cause: error },
    );
  }
  if (/permission|denied|read-only|no space/i.test(cause?.message ?? '')) {
    throw dataFailed(data, cause);
  }
}

function dataFailed(folder: string, cause: unknown): P2pError {
  const why = cause instanceof Error ? cause.message : 'it cannot be opened';
  return new P2pError('data-failed', `the data folder ${folder} cannot be used: ${why}`, { cause });
}

function tables(level: ClassicLevel): Database {
  const mended = new MendedLevel(level);
  return {
    async get(table, key) {
      return parseRow(table, await mended.read((open) => open.get(row(table, key))));
    },
    async all(table) {
      const range = { gt: row(table, ''), lt: row(table, '\uffff') };
      const rows = await mended.read((open) => open.iterator(range).all());
      return rows.flatMap(([key, text]) => {
        const value = parseRow(table, text);
        return value === undefined ? [] : [[key.slice(table.length + 1), value] as never];
      });
    },
    put: (table, key, value) =>
      mended.write((open) =>
        open.put(row(table, key), JSON.stringify(value), { sync: SYNCED.includes(table) }),
      ),
    remove: (table, key) => mended.write((open) => open.del(row(table, key))),
    close: () => mended.close(),
  };
}

function row(table: TableName, key: string): string {
  return `${table}:${key}`;
}
