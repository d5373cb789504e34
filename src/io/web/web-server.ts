/**
 * The local API and the page over HTTP: on loopback for browsers and scripts that have the token, on the control socket for
 * `p2p ctl`. Everybody is judged before anything is read of what they say.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { openApi } from '#src/api/open-api.js';
import { API_ROOT } from '#src/api/operation.js';
import { type OperationId, operations } from '#src/api/operations.js';
import { queryValues, requestShape } from '#src/api/request-shape.js';
import { webOperations } from '#src/api/web-operations.js';
import { P2pError } from '#src/domain/errors.js';
import { answerFailure, shapeFault } from './answering.js';
import type { Calls } from './calls.js';
import type { EventStreams } from './event-streams.js';
import { addFileRoutes } from './file-routes.js';
import { type Asked, judgeControl, judgeOrigin, judgeToken, type Refusal } from './guard.js';
import type { HeldFiles } from './held-files.js';
import { type PageFiles, servePage } from './page-files.js';
import { SAFE_HEADERS } from './safe-headers.js';
import { addUploadRoutes } from './upload-routes.js';
import type { UploadStore } from './upload-store.js';

/** Of one port, or of the control socket. A person's browser and scripts come nowhere near. */
export const WEB_LIMITS = {
  headersMs: 5000,
  requestMs: 30_000,
  /** How often it is looked who is late with headers. */
  lookMs: 1000,
  connections: 32,
  headerBytes: 8 * 1024,
  bodyBytes: 1024 * 1024,
};

export type WebLimits = Readonly<typeof WEB_LIMITS>;

/** An answer leaves this machine's own loopback in no time, or nobody reads it. */
const GOODBYE_MS = 250;

/** Below these nothing is said without the token. */
const SECRET = ['/api/', '/metrics'] as const;

/** Names and ids in paths, percent-encoded. */
const MOST_PARAM = 16_384;

export type WebParts = {
  readonly token: string;
  readonly calls: Calls;
  readonly streams: EventStreams;
  readonly files: HeldFiles;
  readonly uploads: UploadStore;
  /** None where it is not served. */
  readonly page?: PageFiles;
};

export type WebServer = {
  /** Browsers and scripts. @param port 0 picks one. @throws P2pError `port-busy` */
  listen(port: number): Promise<number>;
  /** `p2p ctl`. @param bind puts the socket where it belongs. */
  readonly control: Server;
  /** Answers what is asked, and ends. */
  close(): Promise<void>;
};

export async function openWebServer(
  parts: WebParts,
  limits: WebLimits = WEB_LIMITS,
): Promise<WebServer> {
  const controlled = new WeakSet<Socket>();
  let page: Server | undefined;
  let control: Server | undefined;
  const app = Fastify({
    serverFactory: (handler) => {
      page = serverFor(handler, limits);
      control = serverFor(handler, limits);
      control.on('connection', (socket: Socket) => controlled.add(socket));
      return page;
    },
    bodyLimit: limits.bodyBytes,
    routerOptions: { maxParamLength: MOST_PARAM },
    // What is said is taken as it is: `null`, which is no limit, would become 0.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    schemaErrorFormatter: (faults, part) => shapeFault(faults, part),
  });
  const portOf = () => (page?.address() as AddressInfo | null)?.port ?? 0;
  guard(app, (request) =>
    controlled.has(request.raw.socket)
      ? judgeControl(askedBy(request.raw))
      : judgePage(request, portOf(), parts.token),
  );
  inTime(app, limits.requestMs);
  addRoutes(app, parts);
  addFileRoutes(app, parts.files);
  addUploadRoutes(app, parts.uploads);
  if (parts.page !== undefined) servePage(app, parts.page);
  await app.ready();
  if (page === undefined || control === undefined) throw new Error('no server was made');
  const tcp = page;
  const local = control;
  return {
    listen: (port) => listenOn(tcp, port),
    control: local,
    async close() {
      parts.calls.end();
      parts.streams.end();
      // What was answered just now leaves first.
      await Promise.all([tcp, local].map(closed));
      await app.close();
      await parts.files.close();
    },
  };
}

function serverFor(handler: RequestListener, limits: WebLimits): Server {
  const options: ServerOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    // Uploads may take their time: all others are timed by `inTime`.
    requestTimeout: 0,
    connectionsCheckingInterval: limits.lookMs,
  };
  const server = createServer(options, handler);
  server.maxConnections = limits.connections;
  return server;
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

function addRoutes(app: FastifyInstance, { calls, streams }: WebParts): void {
  for (const [id, operation] of Object.entries(operations)) {
    const { params, query, body } = requestShape(operation);
    app.route({
      method: operation.method,
      url: API_ROOT + operation.path,
      schema: { params, querystring: query, ...(body && { body }) },
      preValidation: async (request) => {
        request.query = queryValues(request.query as Readonly<Record<string, unknown>>, query);
      },
      handler: async ({ params: path, query: asked, body: said }, reply) => {
        const input = { ...(path as object), ...(asked as object), ...(said as object) };
        const answer = await calls.ask(id as OperationId, input);
        return reply.send(answer ?? {});
      },
    });
  }
  // Where Prometheus looks unless told; whatever is text leaves as plain text.
  app.get('/metrics', () => calls.ask('getMetrics', {}));
  const { hearEvents, getDocument } = webOperations;
  app.get(API_ROOT + getDocument.path, () => openApi());
  app.get(API_ROOT + hearEvents.path, { exposeHeadRoute: false }, ({ query }, reply) => {
    if (streams.isFull) throw new P2pError('limit', 'as many hear the events as may: close a page');
    const { brief } = query as { readonly brief?: unknown };
    streamEvents(reply, streams, brief === 'true');
  });
}

function streamEvents(reply: FastifyReply, streams: EventStreams, isBrief: boolean): void {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, { ...SAFE_HEADERS, 'content-type': 'application/x-ndjson; charset=utf-8' });
  raw.flushHeaders();
  streams.add(raw, isBrief);
}

/** Answers that were sent already are on their way; whoever hangs on is cut off. */
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), GOODBYE_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function listenOn(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE';
      const message = taken
        ? `ui.port: ${port} is taken: choose another, or 0 for a free one`
        : `the page cannot be served on port ${port}: ${cause.message}`;
      reject(new P2pError(taken ? 'port-busy' : 'address-unavailable', message, { cause }));
    });
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
