/** The routes that give bytes of files, by the token or by a link that was made with it. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fileOperations } from '#src/api/file-operations.js';
import { API_ROOT } from '#src/api/operation.js';
import { requestShape } from '#src/api/request-shape.js';
import { P2pError } from '#src/domain/errors.js';
import { attachment } from './attachment.js';
import { type ByteRange, rangeOf } from './byte-range.js';
import type { HeldFile, HeldFiles } from './held-files.js';
import { LINK_MS, type Linked, OneTimeLinks } from './one-time-links.js';
import { SAFE_HEADERS } from './safe-headers.js';
import { checkShape } from './shape-check.js';

/** Each holds a chunk or two in memory: 64 MiB in all at worst. */
const MOST_READERS = 8;

/** Who takes nothing for so long has gone; a chunk that does not come is waited for as long. */
const STALLED_MS = 90_000;

const LINKS = '/links';

type Giving = {
  /** @throws P2pError `limit` */
  requireRoom(): void;
  give(request: FastifyRequest, reply: FastifyReply, linked: Linked): Promise<void>;
};

export function addFileRoutes(app: FastifyInstance, files: HeldFiles): void {
  const giving = givingOf(files);
  const content = requestShape(fileOperations.getContent);
  app.route({
    method: ['GET', 'HEAD'],
    url: API_ROOT + fileOperations.getContent.path,
    exposeHeadRoute: false,
    preValidation: async (request) => checkShape(request, content),
    handler: (request, reply) => giving.give(request, reply, linkedBy(request)),
  });
  addLinkRoutes(app, files, giving);
}

/** A link that is made with the token, and that a browser follows without it. */
function addLinkRoutes(app: FastifyInstance, files: HeldFiles, giving: Giving): void {
  const links = new OneTimeLinks();
  const link = requestShape(fileOperations.makeLink);
  app.route({
    method: 'POST',
    url: API_ROOT + fileOperations.makeLink.path,
    preValidation: async (request) => checkShape(request, link),
    handler: async (request) => {
      const linked = linkedBy(request);
      // What cannot be had is told now, to whoever can show it.
      await files.open(linked.share, linked.path);
      return { path: `${LINKS}/${links.make(linked)}`, expiresMs: LINK_MS };
    },
  });
  app.get<{ Params: { secret: string } }>(
    `${LINKS}/:secret`,
    { exposeHeadRoute: false },
    (request, reply) => {
      // Who comes too early may follow it again.
      giving.requireRoom();
      const linked = links.take(request.params.secret);
      if (linked !== undefined) return giving.give(request, reply, linked);
      throw new P2pError('not-found', 'this link was used already, or is too old: make another');
    },
  );
}

function givingOf(files: HeldFiles): Giving {
  const reading = new Set<FastifyReply>();
  const requireRoom = () => {
    if (reading.size < MOST_READERS) return;
    throw new P2pError('limit', `${MOST_READERS} files are read already: ask again soon`);
  };
  return {
    requireRoom,
    async give(request, reply, { share, path }) {
      requireRoom();
      reading.add(reply);
      try {
        await sendFile(request, reply, await files.open(share, path));
      } finally {
        reading.delete(reply);
      }
    },
  };
}

function linkedBy({ params, query, body }: FastifyRequest): Linked {
  const { share, path } = { ...(query as object), ...(body as object), ...(params as object) } as {
    readonly share: string;
    readonly path?: string;
  };
  return { share, path };
}

async function sendFile(
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
  file: HeldFile,
): Promise<void> {
  const tag = `"${file.tag}"`;
  const isSame = headers['if-range'] === undefined || headers['if-range'] === tag;
  const range = rangeOf(isSame ? headers.range : undefined, file.bytes);
  const bytes = method === 'HEAD' || range === 'unsatisfiable' ? [] : await begun(file, range);
  reply.hijack();
  const { raw } = reply;
  const about = { ...SAFE_HEADERS, 'accept-ranges': 'bytes', etag: tag };
  if (range === 'unsatisfiable') {
    raw.writeHead(416, { ...about, 'content-range': `bytes */${file.bytes}` }).end();
    return;
  }
  const { from, to } = boundsOf(file, range);
  raw.writeHead(range === 'all' ? 200 : 206, {
    ...about,
    'content-type': 'application/octet-stream',
    'content-disposition': attachment(file.name),
    'content-length': to - from,
    ...(range !== 'all' && { 'content-range': `bytes ${from}-${to - 1}/${file.bytes}` }),
  });
  await sendBytes(reply, bytes);
}

function boundsOf({ bytes }: HeldFile, range: ByteRange | 'all'): ByteRange {
  return range === 'all' ? { from: 0, to: bytes } : range;
}

/** What cannot be had is said, not cut off: so the first chunk is read before a word of the answer. */
async function begun(
  file: HeldFile,
  range: ByteRange | 'all',
): Promise<AsyncIterable<Uint8Array> | Iterable<Uint8Array>> {
  const reading = file.read(boundsOf(file, range));
  const first = await reading.next();
  return first.done === true ? [] : joined(first.value, reading);
}

async function* joined(first: Uint8Array, others: AsyncIterable<Uint8Array>) {
  yield first;
  yield* others;
}

/** What fails on the way ends the connection: whoever reads sees that it is not whole. */
async function sendBytes(
  { raw }: FastifyReply,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  raw.setTimeout(STALLED_MS, () => raw.destroy());
  try {
    await pipeline(Readable.from(bytes, { objectMode: false, highWaterMark: 1 }), raw);
  } catch {
    raw.destroy();
  } finally {
    raw.setTimeout(0);
  }
}
