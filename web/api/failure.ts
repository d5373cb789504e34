/** What failed, in the words of whoever says it: the peer speaks English, and the page has other languages by the code. */

/** Codes that the page gives itself, beside those of the peer. */
export const PAGE_CODES = [
  // There is no answer.
  'gone',
  // Who asks is not known here.
  'token',
  // It was refused, and nothing says why.
  'unexplained',
  // What came is no answer.
  'garbled',
  // The browser could not do it.
  'browser',
] as const;

export type Failure = { readonly code: string; readonly message: string };

/** `gone`: there is no answer. `token`: who asks is not known here. Else what the peer says. */
export class AskError extends Error {
  override readonly name = 'AskError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** @returns what to show of anything that was thrown. */
export function failureOf(error: unknown): Failure {
  if (error instanceof AskError) return { code: error.code, message: error.message };
  return { code: 'browser', message: error instanceof Error ? error.message : String(error) };
}

/** @param text the body of an answer that refuses, which may be empty or cut off. */
export function refusalIn(status: number, text: string): AskError {
  try {
    const { code, message } = JSON.parse(text) as Record<string, unknown>;
    if (typeof code !== 'string' || typeof message !== 'string') throw new TypeError('no reason');
    return new AskError(status === 401 ? 'token' : code, message);
  } catch (cause) {
    const message = `the peer refused it with status ${status} and gave no reason: try again`;
    return new AskError('unexplained', message, { cause });
  }
}
