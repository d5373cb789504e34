/** Sends one file over a session: offers it, and once it is wanted its bytes, then the hash of all of them. */
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { P2pError, toRecord } from '#src/domain/errors.js';
import { LIMITS } from '#src/domain/limits.js';
import { blake3Stream } from '#src/io/content/blake3.js';
import { LOOK_VALUES, looksSame, setLook } from '#src/io/content/fingerprints.js';
import { readInto } from '#src/io/disk/read-into.js';
import { Answers } from '#src/io/net/answers.js';
import type { Session } from '#src/io/net/session.js';
import { FRAME, FRAME_HEADER_BYTES, writeFrameHeader } from '#src/wire/frame.js';
import type { Message } from '#src/wire/message.js';
import { type FilePace, type FileProgress, ProgressTeller } from './file-progress.js';

/** One file a session. */
const REQUEST = 1;

/** A person decides, who may be getting a coffee. */
const DECISION_MS = 10 * 60_000;

/** What is still on its way, and writing it all to a slow disk. */
const KEEPING_MS = 10 * 60_000;

export type FileSending = {
  readonly offered: (bytes: number) => void;
  readonly accepted: () => void;
  readonly progress: (told: FileProgress) => void;
  /** @returns how many of the bytes given to the session the other end is not known to have. */
  readonly unacknowledged: () => number;
};

/** Bytes given to the session. */
type Written = { bytes: number };

/**
 * Resolves once the other end has it whole, proven and in its place; the session is closing then.
 * @returns what it took since it was wanted.
 * @throws P2pError `denied` where it is not wanted, `refused` where it cannot be kept, `changed` where it changes
 * meanwhile; the session's and the disk's errors
 */
export async function sendFile(
  session: Session,
  path: string,
  sending: FileSending,
): Promise<FilePace> {
  const answers = new Answers(session);
  try {
    const file = await open(path, 'r');
    try {
      return await sendOpen(session, answers, file, basename(path), sending);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (toRecord(error).code === 'changed') {
      session.send({ type: 'refused', reason: 'stale' }, REQUEST);
    }
    throw error;
  } finally {
    session.close();
    answers.dispose();
  }
}

async function sendOpen(
  session: Session,
  answers: Answers,
  file: FileHandle,
  name: string,
  { offered, accepted, progress, unacknowledged }: FileSending,
): Promise<FilePace> {
  const found = await file.stat({ bigint: true });
  const looks = new BigUint64Array(LOOK_VALUES);
  setLook(looks, 0, found);
  const bytes = Number(found.size);
  session.send({ type: 'offer-file', name, bytes }, REQUEST);
  offered(bytes);
  expectAnswer(await answers.next(REQUEST, DECISION_MS), 'take-file');
  accepted();
  const written: Written = { bytes: 0 };
  const arrived = () => Math.max(0, written.bytes - unacknowledged());
  const teller = new ProgressTeller(bytes, arrived, progress);
  try {
    const hash = await sendBytes(session, answers, file, bytes, written);
    if (!looksSame(looks, 0, await file.stat({ bigint: true }))) throw changed();
    session.send({ type: 'file-end', hash }, REQUEST);
    expectAnswer(await answers.next(REQUEST, KEEPING_MS), 'file-kept');
    return teller.complete();
  } finally {
    teller.end();
  }
}

/** @returns the hash of all of them. */
async function sendBytes(
  session: Session,
  answers: Answers,
  file: FileHandle,
  bytes: number,
  written: Written,
): Promise<Uint8Array> {
  const hash = blake3Stream();
  for (let at = 0; at < bytes; at += LIMITS.chunkFrameBytes) {
    const length = Math.min(LIMITS.chunkFrameBytes, bytes - at);
    const frame = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + length);
    writeFrameHeader(frame, 0, FRAME.chunkBytes, REQUEST, length);
    const block = frame.subarray(FRAME_HEADER_BYTES);
    if (!(await readInto(file, [block], at))) throw changed();
    hash.update(block);
    await session.write(frame).catch((error: unknown) => {
      // Why the other end closed the session is more than that it did.
      const said = answers.heard(REQUEST);
      if (said !== undefined) expectAnswer(said, 'file-kept');
      answers.checkOpen();
      throw error;
    });
    written.bytes = at + length;
  }
  return hash.digest();
}

function changed(): P2pError {
  return new P2pError('changed', 'it changed while it was sent: send it again');
}

function expectAnswer(answer: Message, type: 'take-file' | 'file-kept'): void {
  if (answer.type === type) return;
  if (answer.type !== 'refused') {
    throw new P2pError('protocol', `the other end said ${answer.type} where that is no answer`);
  }
  switch (answer.reason) {
    case 'denied':
      throw new P2pError('denied', 'the other end does not want it');
    case 'busy':
      throw new P2pError('refused', 'the other end is busy with another file: try again later');
    case 'full':
      throw new P2pError('refused', 'the other end has no room for it');
    default:
      throw new P2pError('refused', 'the other end could not keep it, or not under this name');
  }
}
