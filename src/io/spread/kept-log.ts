/**
 * What is remembered of one kept content: a line that says what it is, then a record for each chunk, appended
 * once the chunk's file is on the disk. Every part carries four bytes of its own BLAKE3, so that a record torn
 * by a crash is told from a whole one; what follows it is ignored.
 *
 *     line    check in hexadecimal, a space, JSON, a newline
 *     record  index u32 | bytes u32 | giver, 52 characters | hash, 32 bytes | check, 4 bytes
 */
import { open, readFile, rm } from 'node:fs/promises';
import { type PeerId, parsePeerId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import { blake3Of } from '#src/io/content/blake3.js';
import { absentAs } from '#src/io/disk/missing.js';
import { writeSynced } from './chunk-store.js';

const GIVER_AT = 8;
const HASH_AT = 60;
const CHECK_AT = 92;
const RECORD_BYTES = 96;
const CHECK_BYTES = 4;
const NEWLINE = 10;

export type KeptHeader = {
  readonly name: string;
  readonly bytes: number;
  readonly chunks: number;
  /** Bytes of the manifest this content's first giver brought; 0 where it was here already. */
  readonly manifestBytes: number;
  readonly giver: PeerId;
};

export type KeptChunk = {
  readonly index: number;
  readonly bytes: number;
  readonly giver: PeerId;
  /** In hexadecimal: the name of its file. */
  readonly hash: string;
};

export type KeptLog = {
  readonly header: KeptHeader;
  readonly chunks: readonly KeptChunk[];
};

/** @returns what is sound of it, undefined where there is nothing. */
export async function readKeptLog(path: string): Promise<KeptLog | undefined> {
  const file = await readFile(path).catch(absentAs(undefined));
  if (file === undefined) return undefined;
  const end = file.indexOf(NEWLINE);
  const header = end < 0 ? undefined : parseHeader(file.subarray(0, end).toString());
  return header && { header, chunks: parseRecords(file.subarray(end + 1), header.chunks) };
}

/** Writes the whole log anew: at its start, and when some of it turned out to be worth nothing. */
export function writeKeptLog(path: string, { header, chunks }: KeptLog): Promise<void> {
  const json = JSON.stringify(header);
  const line = Buffer.from(`${checkOf(Buffer.from(json)).toString('hex')} ${json}\n`);
  return writeSynced(path, Buffer.concat([line, ...chunks.map(recordOf)]));
}

/**
 * Resolves once the record outlasts a power loss.
 * @throws the system's errors; half a record may stand at the end then: `mendKeptLog` before the next one
 */
export async function appendToKeptLog(path: string, chunk: KeptChunk): Promise<void> {
  const file = await open(path, 'a');
  try {
    await file.appendFile(recordOf(chunk));
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Writes the sound part of a log anew: records behind a torn one would never be read. */
export async function mendKeptLog(path: string): Promise<void> {
  const log = await readKeptLog(path);
  if (log === undefined) throw new Error(`${path} is gone while it is in use`);
  await writeKeptLog(path, log);
}

export function removeKeptLog(path: string): Promise<void> {
  return rm(path, { force: true });
}

function parseHeader(line: string): KeptHeader | undefined {
  const json = line.slice(CHECK_BYTES * 2 + 1);
  if (line !== `${checkOf(Buffer.from(json)).toString('hex')} ${json}`) return undefined;
  // What carries its check was written here: its shape needs no further proof.
  return JSON.parse(json) as KeptHeader;
}

function parseRecords(bytes: Buffer, chunks: number): readonly KeptChunk[] {
  const records: KeptChunk[] = [];
  const seen = new Set<number>();
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
    const record = parseRecord(bytes.subarray(at, at + RECORD_BYTES));
    if (record === undefined) break;
    if (record.index >= chunks || record.bytes > LIMITS.chunkBytes) break;
    if (seen.has(record.index)) continue;
    seen.add(record.index);
    records.push(record);
  }
  return records;
}

function parseRecord(record: Buffer): KeptChunk | undefined {
  const check = record.subarray(CHECK_AT);
  if (checkOf(record.subarray(0, CHECK_AT)).compare(check) !== 0) return undefined;
  const giver = parsePeerId(record.toString('latin1', GIVER_AT, HASH_AT));
  return (
    giver && {
      index: record.readUInt32BE(0),
      bytes: record.readUInt32BE(4),
      giver,
      hash: record.toString('hex', HASH_AT, CHECK_AT),
    }
  );
}

function recordOf({ index, bytes, giver, hash }: KeptChunk): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  record.writeUInt32BE(index, 0);
  record.writeUInt32BE(bytes, 4);
  record.write(giver, GIVER_AT, 'latin1');
  record.write(hash, HASH_AT, 'hex');
  checkOf(record.subarray(0, CHECK_AT)).copy(record, CHECK_AT);
  return record;
}

function checkOf(bytes: Buffer): Buffer {
  return Buffer.from(blake3Of(bytes)).subarray(0, CHECK_BYTES);
}
