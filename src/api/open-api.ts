/** The table of operations as an OpenAPI document (3.1, whose schemas are JSON Schema), for programs that make clients of it. */
import type { TProperties, TSchema } from 'typebox';
import { fileOperations } from './file-operations.js';
import { API_ROOT, type Operation } from './operation.js';
import { operations } from './operations.js';
import { requestShape } from './request-shape.js';
import { putOperations } from './upload-operations.js';
import { webOperations } from './web-operations.js';

/** Everything below `API_ROOT`, whoever answers it. */
export const allOperations: Readonly<Record<string, Operation>> = {
  ...operations,
  ...fileOperations,
  ...putOperations,
  ...webOperations,
};

/** What `requestShape` gives: `required` is left out where it is empty. */
type Fields = { readonly properties: TProperties; readonly required?: readonly string[] };

const JSON_TYPE = 'application/json';
const BYTES_TYPE = 'application/octet-stream';

const FAILURE = {
  description: 'what, where and what to do, in one line; `code` is one of errors.ts',
  content: {
    [JSON_TYPE]: {
      schema: {
        type: 'object',
        required: ['code', 'message'],
        properties: { code: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

const LIST = {
  type: 'object',
  required: ['items', 'total'],
  properties: { items: { type: 'array', items: { type: 'object' } }, total: { type: 'integer' } },
};

export function openApi(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [id, operation] of Object.entries(allOperations)) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: described(id, operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'p2p, the local API of one peer',
      version: '1',
      description:
        'For programs of this machine: on 127.0.0.1 with the token that `p2p start --ui` tells, or on the control socket without.',
    },
    servers: [{ url: API_ROOT }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      responses: { failure: FAILURE },
    },
  };
}

function described(operationId: string, operation: Operation): object {
  const { params, query, body } = requestShape(operation);
  const content = operation.takesBytes
    ? { [BYTES_TYPE]: {} }
    : body && { [JSON_TYPE]: { schema: body } };
  return {
    operationId,
    summary: operation.about,
    parameters: [...parametersOf(params, 'path'), ...parametersOf(query, 'query')],
    ...(content && { requestBody: { required: true, content } }),
    responses: {
      200: { description: 'done', content: contentOf(operation) },
      default: { $ref: '#/components/responses/failure' },
    },
  };
}

function contentOf({ isBytes, isText, isList }: Operation): object {
  if (isText === true) return { 'text/plain': { schema: { type: 'string' } } };
  if (isBytes === true) return { [BYTES_TYPE]: {} };
  return { [JSON_TYPE]: { schema: isList === true ? LIST : {} } };
}

function parametersOf(schema: TSchema, place: 'path' | 'query'): readonly object[] {
  const { properties, required = [] } = schema as Fields;
  return Object.entries(properties).map(([name, field]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: field,
  }));
}
