/**
 * Holds what a request says against the declaration of its operation. Each is prepared at the first request that needs it:
 * all of them at once take a fifth of a second, in which nobody is answered.
 */
import type { FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { fields } from '#src/api/operation.js';
import { shapeFault } from './answering.js';

export type Shape = {
  readonly params: TSchema;
  readonly query?: TSchema;
  /** `bytes` are read as they come, by whoever handles them. */
  readonly body?: TSchema | 'bytes' | undefined;
};

/** Where nothing is said in a body, a JSON one may come, as some clients send one always, but says nothing. */
const NOTHING = fields({});

/** In the order in which they come: whatever a handler reads has passed here. @throws with the status 400 and one line that says what is wrong */
export function checkShape(request: FastifyRequest, { params, query, body }: Shape): void {
  check(request, 'params', params);
  if (body !== 'bytes') checkBody(request, body);
  if (query !== undefined) check(request, 'query', query);
}

function checkBody(request: FastifyRequest, body: TSchema | undefined): void {
  if (body !== undefined) return check(request, 'body', body);
  if (request.body !== undefined && request.body !== null) check(request, 'body', NOTHING);
}

/** As a user reads it. */
const NAMES = { params: 'params', query: 'querystring', body: 'body' } as const;

function check(request: FastifyRequest, part: keyof typeof NAMES, schema: TSchema): void {
  const validate = request.compileValidationSchema(schema);
  if (validate(request[part])) return;
  throw Object.assign(shapeFault(validate.errors ?? [], NAMES[part]), { statusCode: 400 });
}
