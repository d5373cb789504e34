/**
 * What answers at the doors of the local API: for browsers and scripts that have the token, and for `p2p ctl`. Everybody is
 * judged before anything is read of what they say. Loaded once somebody asks: nothing else of a peer needs its libraries.
 */
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { openApi } from '#src/api/open-api.js';
import { API_ROOT, type InputOf } from '#src/api/operation.js';
import { type OperationId, operations } from '#src/api/operations.js';
import { queryValues, type RequestShape, requestShape } from '#src/api/request-shape.js';
import { webOperations } from '#src/api/web-operations.js';
import { P2pError } from '#src/domain/errors.js';
import { answerFailure } from './answering.js';
import type { Calls } from './calls.js';
import type { Doors } from './doors.js';
import type { EventStreams, Seat } from './event-streams.js';
import { addFileRoutes } from './file-routes.js';
import { type Asked, judgeControl, judgeOrigin, judgeToken, type Refusal } from './guard.js';
import { HeldFiles } from './held-files.js';
import { readPageFiles, servePage } from './page-files.js';
import { SAFE_HEADERS } from './safe-headers.js';
import { checkShape } from './shape-check.js';
import { addUploadRoutes } from './upload-routes.js';
import { UploadStore } from './upload-store.js';

/** Below these nothing is said without the token. */
const SECRET = ['/api/', '/metrics'] as const;

/** Names and ids in paths, percent-encoded. */
const MOST_PARAM = 16_384;

export type WebParts = {
  readonly token: string;
  readonly calls: Calls;
  readonly streams: EventStreams;
  /** Where manifests lie as files by id. */
  readonly manifests: string;
  /** Where uploads are put, each in a folder of its own. */
  readonly uploads: string;
  /** What the build made of the page; null where that is not served. */
  readonly page: string | null;
};

export type WebApp = {
  readonly handle: RequestListener;
  /** Once the doors are closed. */
  close(): Promise<void>;
};

/** @param doors where it will be asked. */
export async function openWebApp(
  { token, calls, streams, manifests, uploads, page }: WebParts,
  doors: Doors,
): Promise<WebApp> {
  const { limits } = doors;
  let handle: RequestListener = () => undefined;
  const app = Fastify({
    serverFactory: (handler) => {
      handle = handler;
      return doors.page;
    },
    bodyLimit: limits.bodyBytes,
    routerOptions: { maxParamLength: MOST_PARAM },
    // What is said is taken as it is: `null`, which is no limit, would become 0.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
  });
  guard(app, (request) =>
    doors.isControlled(request.raw.socket)
      ? judgeControl(askedBy(request.raw))
      : judgePage(request, doors.port, token),
  );
  inTime(app, limits.requestMs);
  taken(app, limits.stalledMs);
  addRoutes(app, calls, streams);
  const files = new HeldFiles(manifests, (...asked) => calls.locate(...asked));
  addFileRoutes(app, files);
  addUploadRoutes(app, new UploadStore(uploads));
  if (page !== null) servePage(app, readPageFiles(page));
  await app.ready();
  return {
    handle,
    async close() {
      await app.close();
      await files.close();
    },
  };
}

function askedBy({ method = '', headers }: IncomingMessage): Asked {
  const { host, origin, authorization } = headers;
  const fetchSite = headers['sec-fetch-site'];
  return { method, host, origin, authorization, fetchSite: fetchSite?.toString() };
}

/** The files of the page are no secret; all that says or does something is. */
function judgePage(request: FastifyRequest, port: number, token: string): Refusal | undefined {
  const asked = askedBy(request.raw);
  const refusal = judgeOrigin(asked, port);
  if (refusal !== undefined) return refusal;
  return isOpen(request) ? undefined : judgeToken(asked, token);
}

/** By the route that was found as well: a path can be written in many ways, such as `/%61pi/` and `http://any/api/`. */
function isOpen({ raw, url, routeOptions }: FastifyRequest): boolean {
  const places = [url, routeOptions.url ?? url];
  const isSecret = places.some((place) => SECRET.some((start) => place.startsWith(start)));
  return raw.method === 'GET' && !isSecret;
}

/** Before a body is read, also where there is no such route. */
function guard(app: FastifyInstance, judge: (request: FastifyRequest) => Refusal | undefined) {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SAFE_HEADERS);
    const refusal = judge(request);
    if (refusal === undefined) return;
    const { status, message } = refusal;
    // What follows in this connection is of the same hand.
    reply.header('connection', 'close');
    await reply.code(status).send({ code: 'refused', message });
  });
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      code: 'not-found',
      message: `there is no ${request.method} ${request.url.split('?')[0]}`,
    }),
  );
  app.setErrorHandler<Error>((error, _, reply) => answerFailure(reply, error));
}

/** A body comes whole in a while, or its connection ends. */
function inTime(app: FastifyInstance, requestMs: number): void {
  const timers = new WeakMap<FastifyRequest, NodeJS.Timeout>();
  app.addHook('onRequest', async (request) => {
    const timer = setTimeout(() => request.raw.socket.destroy(), requestMs);
    timers.set(request, timer.unref());
  });
  app.addHook('preHandler', async (request) => clearTimeout(timers.get(request)));
  app.addHook('onResponse', async (request) => clearTimeout(timers.get(request)));
}

/** An answer that nobody takes is given up, with its connection. How long it takes to come is another matter. */
function taken(app: FastifyInstance, stalledMs: number): void {
  app.addHook('onSend', async ({ raw: { socket } }, { raw }) => {
    const limit = () => socket.setTimeout(stalledMs);
    // Behind another answer it waits for that one, which has its own limit.
    if (raw.socket === null) raw.once('socket', limit);
    else limit();
    // Before the server has a say in how long the connection waits for what is asked next.
    raw.prependOnceListener('finish', () => socket.setTimeout(0));
  });
}

function addRoutes(app: FastifyInstance, calls: Calls, streams: EventStreams): void {
  for (const [id, operation] of Object.entries(operations)) {
    const shape = requestShape(operation);
    app.route({
      method: operation.method,
      url: API_ROOT + operation.path,
      preValidation: async (request) => checkInput(request, shape),
      handler: async ({ params: path, query: asked, body: said }, reply) => {
        const input = { ...(said as object), ...(asked as object), ...(path as object) };
        const answer = await calls.ask(id as OperationId, input, 'endsPeer' in operation);
        return reply.send(answer ?? {});
      },
    });
  }
  // Where Prometheus looks unless told; whatever is text leaves as plain text.
  app.get('/metrics', () => calls.ask('getMetrics', {}));
  const { hearEvents, getDocument } = webOperations;
  app.get(API_ROOT + getDocument.path, () => openApi());
  const shape = requestShape(hearEvents);
  app.route({
    method: hearEvents.method,
    url: API_ROOT + hearEvents.path,
    exposeHeadRoute: false,
    preValidation: async (request) => checkInput(request, shape),
    handler: ({ query, raw: { socket } }, reply) => {
      if (streams.isFull) {
        throw new P2pError('limit', 'as many hear the events as may: close a page');
      }
      const { brief, overview } = query as InputOf<typeof hearEvents>;
      const seat = streamEvents(reply, socket, streams, brief);
      if (overview === true && seat !== undefined) void tellOverview(reply, seat, calls);
    },
  });
}

/** @throws with the status 400 and one line that says what is wrong */
function checkInput(request: FastifyRequest, shape: RequestShape): void {
  const asked = request.query as Readonly<Record<string, unknown>>;
  request.query = queryValues(asked, shape.query);
  checkShape(request, shape);
}

function streamEvents(
  reply: FastifyReply,
  socket: Socket,
  streams: EventStreams,
  isBrief = false,
): Seat | undefined {
  reply.hijack();
  // Whoever left while this was loaded is told nothing any more, not even that he left.
  if (socket.destroyed) return undefined;
  const { raw } = reply;
  raw.writeHead(200, { ...SAFE_HEADERS, 'content-type': 'application/x-ndjson; charset=utf-8' });
  raw.flushHeaders();
  const seat = streams.add(raw, isBrief);
  // A response that waits behind another in its connection is never closed itself; each that does listens here.
  socket.setMaxListeners(socket.getMaxListeners() + 1);
  socket.once('close', seat.leave);
  return seat;
}

/** Asked for once events are heard: whatever is not in it any more is told. */
async function tellOverview({ raw }: FastifyReply, seat: Seat, calls: Calls): Promise<void> {
  try {
    const overview = await calls.ask('getOverview', {});
    seat.tell({ ...(overview as object), type: 'overview' });
  } catch (error) {
    // Without it the stream is of no use to whoever asked for both: he opens it anew. One that has said `bye` is over.
    if (!raw.writableEnded) raw.destroy(error as Error);
  }
}
