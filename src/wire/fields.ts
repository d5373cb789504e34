import { P2pError } from '#src/domain/errors.js';
import { LIMITS } from '#src/domain/limits.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A decoded map whose fields are taken out one by one, each proven on the way. Keys nobody asks for are
 * ignored, so that a newer peer may say more. Every method throws P2pError `protocol`.
 */
export class Fields {
  readonly #map: ReadonlyMap<unknown, unknown>;
  readonly #of: string;

  /** @param of what the map is, for the error's sentence. */
  constructor(value: unknown, of: string) {
    if (!(value instanceof Map)) throw wrong(of, 'is not a map');
    this.#map = value;
    this.#of = of;
  }

  /** As it came, unproven; undefined where it is not there. */
  value(name: string): unknown {
    return this.#map.get(name);
  }

  /** A whole number from 0 to `most` (2^53-1 unless told). */
  uint(name: string, most = Number.MAX_SAFE_INTEGER): number {
    return uint(this.#map.get(name), `${this.#of}.${name}`, most);
  }

  flag(name: string): boolean {
    const value = this.#map.get(name);
    if (typeof value !== 'boolean') throw wrong(`${this.#of}.${name}`, 'is not true or false');
    return value;
  }

  text(name: string, mostBytes: number): string {
    return text(this.#map.get(name), `${this.#of}.${name}`, mostBytes);
  }

  /** Exactly `length` bytes. */
  bytes(name: string, length: number): Uint8Array {
    return bytes(this.#map.get(name), `${this.#of}.${name}`, length);
  }

  list(name: string): readonly unknown[] {
    return list(this.#map.get(name), `${this.#of}.${name}`);
  }

  /** @param parse undefined for what is not one of them. */
  parsed<T>(name: string, mostBytes: number, parse: (text: string) => T | undefined): T {
    const value = parse(this.text(name, mostBytes));
    if (value === undefined) throw wrong(`${this.#of}.${name}`, 'is not what it should be');
    return value;
  }
}

export function uint(value: unknown, of: string, most = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > most) {
    throw wrong(of, `is not a whole number from 0 to ${most}`);
  }
  return value as number;
}

export function text(value: unknown, of: string, mostBytes: number): string {
  if (typeof value !== 'string' || Buffer.byteLength(value) > mostBytes) {
    throw wrong(of, `is not a text of at most ${mostBytes} bytes`);
  }
  return value;
}

export function bytes(value: unknown, of: string, length: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) {
    throw wrong(of, `is not ${length} bytes`);
  }
  return value;
}

export function list(value: unknown, of: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length > LIMITS.elements) {
    throw wrong(of, `is not a list of at most ${LIMITS.elements}`);
  }
  return value;
}

/** @returns UTF-8 text; throws on anything else, so that no two byte strings look alike. */
export function utf8(value: Uint8Array, of: string): string {
  try {
    return decoder.decode(value);
  } catch (cause) {
    throw new P2pError('protocol', `${of} is not UTF-8`, { cause });
  }
}

function wrong(of: string, why: string): P2pError {
  return new P2pError('protocol', `${of} ${why}`);
}
