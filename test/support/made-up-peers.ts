import { type Instance, type PeerId, parseInstance, parsePeerId } from '#src/domain/ids.js';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';

/** @returns a well-formed peer id for a number below 32^4. */
export function peerOf(n: number): PeerId {
  const digits = [3, 2, 1, 0].map((place) => LETTERS.charAt(Math.floor(n / 32 ** place) % 32));
  const id = parsePeerId(digits.join('').padEnd(52, 'a'));
  if (id === undefined) throw new Error(`no peer id for ${n}`);
  return id;
}

export function instanceOf(n: number): Instance {
  const instance = parseInstance(n.toString(16).padStart(16, '0'));
  if (instance === undefined) throw new Error(`no instance for ${n}`);
  return instance;
}
