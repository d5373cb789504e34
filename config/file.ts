/** Reads a settings file: JSON, one object, nested or dotted. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { P2pError } from '#src/domain/errors.js';
import { MiB } from '#src/domain/limits.js';
import { type Entry, entriesOf } from './entry.js';
import { jsonFault } from './json-fault.js';

/** Some hundred peers and paths fit many times; a film given by mistake does not. */
const FILE_BYTES = 1 * MiB;

/** @throws {P2pError} `usage` if it cannot be read, `config` if something in it is wrong. */
export function readSettingsFile(given: string, cwd: string): readonly Entry[] {
  const path = resolve(cwd, given);
  const parsed = parsedJson(textOf(path), path);
  const base = dirname(path);
  return entriesOf(parsed, (setting) => ({
    where: `${JSON.stringify(setting)} in ${path}`,
    code: 'config',
    base,
  }));
}

function textOf(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > FILE_BYTES) {
      throw new P2pError(
        'usage',
        `--config ${path} has ${size} bytes; a settings file has 1 MiB at most`,
      );
    }
    // Editors on Windows begin a file with a byte order mark.
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    if (cause instanceof P2pError) throw cause;
    throw new P2pError('usage', `--config ${path} cannot be read: ${reason(cause)}`, { cause });
  }
}

function reason(cause: unknown): string {
  switch ((cause as { code?: unknown }).code) {
    case 'ENOENT':
      return 'there is no such file; check the path';
    case 'EISDIR':
      return 'it is a folder; name the file in it';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied; make it readable for you';
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}

function parsedJson(text: string, path: string): unknown {
  const fault = jsonFault(text);
  if (fault === undefined) return JSON.parse(text);
  const what = text.trim() === '' ? 'the file is empty; write {} at least' : 'mend the JSON there';
  throw new P2pError('config', `${path}:${fault.line}:${fault.column}: not valid JSON; ${what}`);
}
