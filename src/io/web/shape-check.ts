/**
 * Holds what a request says against the declaration of its operation. Each is prepared at the first request that needs it:
 * all of them at once take a fifth of a second, in which nobody is answered.
 */
import type { FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import { shapeFault } from './answering.js';

export type Shape = {
  readonly params: TSchema;
  readonly query?: TSchema;
  readonly body?: TSchema | undefined;
};

/** In the order in which they come. @throws with the status 400 and one line that says what is wrong */
export function checkShape(request: FastifyRequest, { params, query, body }: Shape): void {
  check(request, 'params', params);
  if (body !== undefined) check(request, 'body', body);
  if (query !== undefined) check(request, 'query', query);
}

/** As a user reads it. */
const NAMES = { params: 'params', query: 'querystring', body: 'body' } as const;

function check(request: FastifyRequest, part: keyof typeof NAMES, schema: TSchema): void {
  const validate = request.compileValidationSchema(schema);
  if (validate(request[part]) === true) return;
  throw Object.assign(shapeFault(validate.errors ?? [], NAMES[part]), { statusCode: 400 });
}
