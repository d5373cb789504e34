/**
 * The two places where the local API is asked: on loopback by browsers and scripts, on the control socket by `p2p ctl`. They
 * are open before what answers is loaded: that costs a peer a tenth of a second and some megabytes, and few are ever asked.
 */
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { P2pError, toRecord } from '#src/domain/errors.js';
import { listenOnControl } from './control-socket.js';

/** Of one port, or of the control socket. A person's browser and scripts come nowhere near. */
export const WEB_LIMITS = {
  headersMs: 5000,
  requestMs: 30_000,
  /** Who takes nothing of an answer for so long has gone; a tab that is asleep comes back sooner. */
  stalledMs: 60_000,
  /** How often it is looked who is late with headers. */
  lookMs: 1000,
  connections: 32,
  headerBytes: 8 * 1024,
  bodyBytes: 1024 * 1024,
};

export type WebLimits = Readonly<typeof WEB_LIMITS>;

/** An answer leaves this machine's own loopback in no time, or nobody reads it. */
const GOODBYE_MS = 250;

export class Doors {
  readonly limits: WebLimits;
  readonly page: Server;
  readonly #control: Server;
  readonly #load: () => Promise<RequestListener>;
  readonly #controlled = new WeakSet<Socket>();
  #handler: Promise<RequestListener> | undefined;
  #port = 0;
  #removeControl = async () => {};
  #closed: Promise<unknown> | undefined;

  /** @param load gives what answers; called once, for the first who asks. */
  constructor(load: () => Promise<RequestListener>, limits: WebLimits = WEB_LIMITS) {
    this.#load = load;
    this.limits = limits;
    const hear: RequestListener = (request, response) => {
      void this.handler().then((handle) => handle(request, response));
    };
    this.page = serverFor(hear, limits);
    this.#control = serverFor(hear, limits);
    this.#control.on('connection', (socket: Socket) => this.#controlled.add(socket));
  }

  /** Where the page is served; 0 before that. */
  get port(): number {
    return this.#port;
  }

  /** Rejects where what answers cannot be loaded. */
  handler(): Promise<RequestListener> {
    this.#handler ??= this.#load();
    return this.#handler;
  }

  /** Whether it came by the control socket. */
  isControlled(socket: Socket): boolean {
    return this.#controlled.has(socket);
  }

  /** For browsers and scripts. @param port 0 picks one. @throws P2pError `ui-port-busy`, `address-unavailable` */
  async openPage(port: number): Promise<number> {
    this.#port = await listenOn(this.page, port);
    return this.#port;
  }

  /** For `p2p ctl`. @param data the data folder. @throws P2pError `address-unavailable` */
  async openControl(data: string): Promise<void> {
    this.#removeControl = await listenOnControl(this.#control, data);
  }

  /** Nobody new comes in; whoever is in may stay. */
  stopListening(): void {
    this.#closed ??= Promise.all([this.page, this.#control].map(closed));
  }

  /** Resolves once what was answered has left. */
  async close(): Promise<void> {
    this.stopListening();
    const timer = setTimeout(() => this.#hangUp(), GOODBYE_MS);
    await this.#closed;
    clearTimeout(timer);
    await this.#removeControl();
  }

  #hangUp(): void {
    for (const server of [this.page, this.#control]) server.closeAllConnections();
  }
}

function serverFor(handler: RequestListener, limits: WebLimits): Server {
  const options: ServerOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    // Uploads may take their time: all others are timed by what answers them.
    requestTimeout: 0,
    connectionsCheckingInterval: limits.lookMs,
  };
  const server = createServer(options, handler);
  server.maxConnections = limits.connections;
  return server;
}

/** One that never listened is closed at once. */
function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

function listenOn(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error) => {
      const taken = toRecord(cause).code === 'EADDRINUSE';
      const message = taken
        ? `ui.port: ${port} is taken: choose another, or 0 for a free one`
        : `the page cannot be served on port ${port}: ${cause.message}`;
      reject(new P2pError(taken ? 'ui-port-busy' : 'address-unavailable', message, { cause }));
    };
    server.once('error', refuse);
    server.listen(port, '127.0.0.1', () => {
      // What goes wrong later is no refusal: it ends the actor, and is told.
      server.off('error', refuse);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
