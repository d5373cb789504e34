/** Where each field of an operation's input travels: in the path, in the query or in a JSON body. */
import type { TProperties, TSchema } from 'typebox';
import { API_ROOT, fields, type Operation } from './operation.js';

/** As large as a number is exact. */
const WHOLE = /^-?\d{1,15}$/;

export type RequestShape = {
  readonly params: TSchema;
  readonly query: TSchema;
  /** Undefined where nothing is said in a body. */
  readonly body: TSchema | undefined;
};

/** What is asked by HTTP, ready to be sent. */
export type HttpRequest = {
  readonly method: string;
  /** Percent-encoded, with its query. */
  readonly path: string;
  readonly body: string | undefined;
};

export function requestShape(operation: Operation): RequestShape {
  const { path, rest } = parted(operation);
  const hasBody = speaksInBody(operation);
  return {
    params: fields(path),
    query: fields(hasBody ? {} : rest),
    body: hasBody && Object.keys(rest).length > 0 ? fields(rest) : undefined,
  };
}

/** What a query says is text: numbers and flags become such, and whatever is neither stays what it is, to be refused. */
export function queryValues(
  query: Readonly<Record<string, unknown>>,
  schema: TSchema,
): Record<string, unknown> {
  const { properties = {} } = schema as { readonly properties?: TProperties };
  return Object.fromEntries(
    Object.entries(query).map(([name, said]) => [name, queryValue(said, properties[name])]),
  );
}

function queryValue(said: unknown, schema: TSchema | undefined): unknown {
  const { type } = (schema ?? {}) as { readonly type?: string };
  if (type === 'boolean' && (said === 'true' || said === 'false')) return said === 'true';
  if (type === 'integer' && typeof said === 'string' && WHOLE.test(said)) return Number(said);
  return said;
}

/** @param input fields of the operation; those undefined are left out. */
export function requestOf(
  operation: Operation,
  input: Readonly<Record<string, unknown>>,
): HttpRequest {
  const { path, rest } = parted(operation);
  const given = Object.keys(rest).filter((name) => input[name] !== undefined);
  let place = API_ROOT + operation.path;
  for (const name of Object.keys(path)) {
    place = place.replace(`:${name}`, encodeURIComponent(String(input[name])));
  }
  if (speaksInBody(operation)) {
    const body = Object.fromEntries(given.map((name) => [name, input[name]]));
    return { method: operation.method, path: place, body: JSON.stringify(body) };
  }
  const query = new URLSearchParams(
    Object.fromEntries(given.map((name) => [name, String(input[name])])),
  ).toString();
  return {
    method: operation.method,
    path: query === '' ? place : `${place}?${query}`,
    body: undefined,
  };
}

function speaksInBody({ method }: Operation): boolean {
  return method === 'POST' || method === 'PUT';
}

function parted({ path, input }: Operation): { path: TProperties; rest: TProperties } {
  const inPath = new Set(path.split('/').flatMap((part) => (part[0] === ':' ? part.slice(1) : [])));
  const all = Object.entries(input.properties);
  return {
    path: Object.fromEntries(all.filter(([name]) => inPath.has(name))),
    rest: Object.fromEntries(all.filter(([name]) => !inPath.has(name))),
  };
}
