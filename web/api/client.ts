/** Asks the peer by the routes of its local API. */
import type { Operation } from '#src/api/operation.js';
import { requestOf } from '#src/api/request-shape.js';
import type { Ask, AskedId } from './answers.js';
import { AskError, refusalIn } from './failure.js';

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
    const text = await reached(() => response.text());
    if (!response.ok) throw refusalIn(response.status, text);
    return answerIn(text) as never;
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

/** @throws AskError `garbled` */
function answerIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AskError('garbled', 'the peer said something that is no answer', { cause });
  }
}
