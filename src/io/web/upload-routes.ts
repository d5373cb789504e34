/** The route that takes bytes: no other has a body that is not JSON. */
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { API_ROOT } from '#src/api/operation.js';
import { requestShape } from '#src/api/request-shape.js';
import { putOperations } from '#src/api/upload-operations.js';
import { checkShape } from './shape-check.js';
import type { UploadStore } from './upload-store.js';

/** A sender who says nothing for so long has gone. */
const STALLED_MS = 60_000;

type Put = { readonly upload: string; readonly path: string };

export function addUploadRoutes(app: FastifyInstance, uploads: UploadStore): void {
  const { path: place } = putOperations.putFile;
  const { params } = requestShape(putOperations.putFile);
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Whatever it is called, it is a file: it is read as it is written, and no sooner.
    scope.addContentTypeParser('*', (_request, bytes, done) => done(null, bytes));
    scope.route({
      method: 'PUT',
      url: API_ROOT + place.replace(':path', '*'),
      preValidation: async (request) => {
        const { upload, '*': path } = request.params as { upload: string; '*': string };
        request.params = { upload, path };
        checkShape(request, { params, body: 'bytes' });
      },
      handler: async (request, reply) => {
        const { upload, path } = request.params as Put;
        const { socket } = request.raw;
        const stalled = () => socket.destroy();
        socket.setTimeout(STALLED_MS, stalled);
        try {
          const bytes = await uploads.put(upload, path, bodyOf(request.body, request.raw));
          return reply.send({ upload, path, bytes });
        } finally {
          // A browser puts thousands of files over one connection: nothing stays behind on it.
          socket.setTimeout(0, stalled);
        }
      },
    });
  });
}

/** An empty one comes without a body. */
function bodyOf(body: unknown, raw: IncomingMessage): AsyncIterable<Uint8Array> {
  return (body as AsyncIterable<Uint8Array> | undefined) ?? raw;
}
