/** Asks the peer by the routes of its local API. */
import type { Operation } from '#src/api/operation.js';
import { requestOf } from '#src/api/request-shape.js';
import type { Ask, AskedId } from './answers.js';

/** `gone`: there is no answer. `token`: who asks is not known here. Else what the peer says. */
export class AskError extends Error {
  override readonly name = 'AskError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type Fetch = typeof fetch;

/** What is asked with: the token stays in memory, and travels in a header alone. */
export type Access = { readonly token: string; readonly fetch: Fetch };

export function asking(
  { token, fetch }: Access,
  operations: Readonly<Record<AskedId, Operation>>,
): Ask {
  return async (id, input) => {
    const { method, path, body } = requestOf(operations[id], { ...input });
    const response = await reached(() =>
      fetch(path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body }),
      }),
    );
    const said: unknown = await reached(() => response.json());
    if (!response.ok) throw failureOf(response.status, said);
    return said as never;
  };
}

/** @throws AskError `gone` */
export async function reached<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (cause) {
    throw new AskError('gone', 'the peer does not answer', { cause });
  }
}

export function failureOf(status: number, said: unknown): AskError {
  const { code, message } = said as { readonly code?: unknown; readonly message?: unknown };
  if (status === 401) return new AskError('token', String(message));
  return new AskError(String(code), String(message));
}

/** @param text the body of an answer, which may be empty or cut off. */
export function failureIn(status: number, text: string): AskError {
  try {
    return failureOf(status, JSON.parse(text));
  } catch (cause) {
    const message = `the peer refused it with status ${status} and gave no reason: try again`;
    return new AskError('unexplained', message, { cause });
  }
}

/** @returns what to show of any failure. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
