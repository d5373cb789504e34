/** Sends one file over a session: offers it, and once it is wanted its bytes, then the hash of all of them. */
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { P2pError } from '#src/domain/errors.js';
import { LIMITS } from '#src/domain/limits.js';
import { FRAME, FRAME_HEADER_BYTES, writeFrameHeader } from '#src/wire/frame.js';
import type { Message } from '#src/wire/message.js';
import { Answers } from './answers.js';
import { type Blake3Stream, blake3Stream } from './blake3.js';
import { readInto } from './read-into.js';
import type { Session } from './session.js';

/** One file a session. */
const REQUEST = 1;

/** A person decides, who may be getting a coffee. */
const DECISION_MS = 10 * 60_000;

/** What is still on its way, and writing it all to a slow disk. */
const KEEPING_MS = 10 * 60_000;

/**
 * Resolves once the other end has it whole, proven and in its place.
 * @param onProgress is told how many bytes have left, after each block.
 * @returns the bytes of the file.
 * @throws P2pError `denied` where it is not wanted, `changed` where it changes meanwhile; the session's and the disk's
 * errors
 */
export async function sendFile(
  session: Session,
  path: string,
  onProgress: (doneBytes: number, bytes: number) => void,
): Promise<number> {
  const answers = new Answers(session);
  const file = await open(path, 'r');
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new P2pError('unreadable', `${path} is no file`);
    session.send({ type: 'offer-file', name: basename(path), bytes: found.size }, REQUEST);
    expectAnswer(await answers.next(REQUEST, DECISION_MS), 'take-file');
    const hash = blake3Stream();
    await sendBytes(session, file, found.size, hash, (doneBytes) =>
      onProgress(doneBytes, found.size),
    );
    session.send({ type: 'file-end', hash: hash.digest() }, REQUEST);
    expectAnswer(await answers.next(REQUEST, KEEPING_MS), 'file-kept');
    return found.size;
  } finally {
    answers.dispose();
    await file.close();
  }
}

async function sendBytes(
  session: Session,
  file: FileHandle,
  bytes: number,
  hash: Blake3Stream,
  onProgress: (doneBytes: number) => void,
): Promise<void> {
  for (let at = 0; at < bytes; at += LIMITS.chunkFrameBytes) {
    const length = Math.min(LIMITS.chunkFrameBytes, bytes - at);
    const frame = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + length);
    writeFrameHeader(frame, 0, FRAME.chunkBytes, REQUEST, length);
    const block = frame.subarray(FRAME_HEADER_BYTES);
    if (!(await readInto(file, [block], at))) {
      throw new P2pError('changed', 'the file became shorter while it was sent: send it again');
    }
    hash.update(block);
    await session.write(frame);
    onProgress(at + length);
  }
}

function expectAnswer(answer: Message, type: 'take-file' | 'file-kept'): void {
  if (answer.type === type) return;
  if (answer.type === 'refused') {
    throw new P2pError('denied', 'it does not want the file, or could not keep it');
  }
  throw new P2pError('protocol', `it answered ${answer.type} where that is no answer`);
}
