/** How what the peer says becomes an HTTP answer: the status, and one line that says what, where and what to do. */
import type { FastifyReply } from 'fastify';
import { type ErrorCode, toRecord } from '#src/domain/errors.js';
import { CallError, type Failure } from './calls.js';

/** What is wrong with what was asked is the asker's, what another peer does is told apart from both, and the rest is ours. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  usage: 400,
  config: 400,
  'unknown-command': 400,
  'bad-name': 400,
  self: 400,
  denied: 403,
  refused: 403,
  blocked: 403,
  'not-found': 404,
  ambiguous: 409,
  exists: 409,
  changed: 409,
  cancelled: 409,
  'folder-unavailable': 409,
  withdrawn: 410,
  'too-large': 413,
  unreadable: 422,
  full: 429,
  limit: 429,
  protocol: 502,
  hostile: 502,
  version: 502,
  identity: 502,
  network: 502,
  'no-sources': 503,
  offline: 503,
  unreachable: 503,
  crawling: 503,
  closed: 503,
  'timed-out': 504,
  'disk-full': 507,
  'port-busy': 500,
  'ui-port-busy': 500,
  'address-unavailable': 500,
  'data-in-use': 500,
  'data-failed': 500,
  damaged: 500,
  io: 500,
  'actor-failed': 500,
  'gave-up': 500,
};

const STATUSES: ReadonlyMap<string, number> = new Map(Object.entries(STATUS));

const OUR_FAULT = 500;

/** Fastify's own sentence does not say what would do. */
const NOT_JSON = 415;

/** What Fastify's own errors have: an unreadable body, a wrong field, a path that there is not. */
type HttpError = {
  readonly statusCode?: number;
  readonly validation?: readonly unknown[];
  readonly message: string;
};

function failureOf(error: Error): { readonly status: number; readonly failure: Failure } {
  if (error instanceof CallError) return withStatus(error.failure);
  const { statusCode, message } = error as HttpError;
  if (statusCode !== undefined && statusCode < OUR_FAULT) {
    const said =
      statusCode === NOT_JSON
        ? 'a body is JSON, and says so: `content-type: application/json`'
        : message;
    return { status: statusCode, failure: { code: codeOf(statusCode), message: said } };
  }
  return withStatus(toRecord(error));
}

export function answerFailure(reply: FastifyReply, error: Error): FastifyReply {
  const { status, failure } = failureOf(error);
  return reply.code(status).send(failure);
}

function withStatus(failure: Failure) {
  return { status: STATUSES.get(failure.code) ?? OUR_FAULT, failure };
}

function codeOf(status: number): string {
  if (status === 404) return 'not-found';
  if (status === 413) return 'too-large';
  return 'usage';
}

/** One line of what a validator says. @param part `body`, `querystring` or `params` */
export function shapeFault(
  faults: readonly { instancePath: string; message?: string; params: Record<string, unknown> }[],
  part: string,
): Error {
  const [fault] = faults;
  const extra = fault?.params['additionalProperty'];
  if (typeof extra === 'string') return new Error(`there is no field ${extra} here`);
  const field = fault?.instancePath.slice(1).replaceAll('/', '.') ?? '';
  return new Error(`${field === '' ? part : field} ${fault?.message ?? 'is wrong'}`);
}
