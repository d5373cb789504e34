/**
 * A source made for tests: it links with peers, lists contents and serves them as a real one does, but for what
 * its script says. Added by its address; gone after the test.
 */
import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import { onTestFinished, vi } from 'vitest';
import type { CatalogueRow } from '#src/domain/catalogue/catalogue.js';
import { type Manifest, pagesOf } from '#src/domain/content/manifest.js';
import { SPEAKS_UDP, type Transport } from '#src/domain/download/transport-choice.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Self } from '#src/domain/peers/self.js';
import { listenForDatagrams } from '#src/io/datagram/datagram-server.js';
import type { Identity } from '#src/io/disk/identity.js';
import { type Channel, serverChannel } from '#src/io/net/channel.js';
import type { Line } from '#src/io/net/listener.js';
import { acceptSession, type Session } from '#src/io/net/session.js';
import { encodeFrame, FRAME } from '#src/wire/frame.js';
import type { Message } from '#src/wire/message.js';
import { chunkBytesOf, manifestOf, type Tree } from './contents.js';
import { newIdentity, selfOf } from './identities.js';
import type { TestPeer } from './network.js';
import { freePeerBase, HOST } from './places.js';

/** It never asks for a sign of life and never misses one: only the test ends its connections. */
const TIMES = { pingMs: 3_600_000, deadAfterMs: 7_200_000 };

/** Smaller than a frame may be, so that the smallest chunk is several. */
const FRAME_BYTES = 32 * 1024;

export type Content = { readonly name: string; readonly tree: Tree; readonly manifest: Manifest };

export function contentOf(name: string, tree: Tree): Content {
  return { name, tree, manifest: manifestOf(tree) };
}

/** One thing asked of the source, and the means to answer it in any way. */
export type Ask = {
  readonly source: MadeSource;
  readonly session: Session;
  /** By which it was asked. */
  readonly transport: Transport;
  readonly content: Content;
  readonly request: number;
  /** The chunk or page that is meant. */
  readonly index: number;
  /** How many chunks it was asked for before this. */
  readonly nth: number;
  /** What an honest source sends: the root, the page or the chunk. */
  readonly bytes: Uint8Array;
  readonly answer: (message: Message) => void;
  /** Ends this connection without a goodbye, once what was sent has left. */
  readonly hangUp: () => void;
  /** Sends bytes as a chunk's, in several frames. */
  readonly send: (bytes: Uint8Array, request?: number) => void;
};

type Answer = (ask: Ask) => unknown;

/** What it does when it is asked; what is left out it does as an honest source. */
export type Script = {
  readonly root?: Answer;
  readonly page?: Answer;
  readonly have?: Answer;
  readonly chunk?: Answer;
  /** Asked only of one that says of itself that it gives lists of segments. */
  readonly segments?: Answer;
};

const HONEST: Required<Script> = {
  root: ({ answer, bytes }) => answer({ type: 'root', bytes }),
  page: ({ answer, bytes }) => answer({ type: 'page', bytes }),
  have: ({ answer, content }) =>
    answer({ type: 'have', ranges: [0, content.manifest.layout.chunks] }),
  chunk: ({ send, bytes }) => send(bytes),
  segments: ({ answer }) => answer({ type: 'refused', reason: 'absent' }),
};

/** What becomes of all its connections at once. */
export type Ending = 'reset' | 'hang up' | 'fall silent';

/** What it listens with: nothing more comes in once it is closed. */
type Door = { close(): Promise<void> };

type Connection = { readonly socket: Line; readonly channel: Channel; readonly session: Session };

export class MadeSource {
  readonly name: string;
  readonly base: number;
  /** Chunks it was asked for, in order. */
  readonly asked: number[] = [];
  /** What else it was asked, in order. */
  readonly questions: Message['type'][] = [];
  readonly #identity: Identity;
  readonly #self: Self;
  readonly #sockets = new Set<Line>();
  readonly #connections = new Set<Connection>();
  readonly #links = new Set<Session>();
  readonly #rows = new Map<ContentId, CatalogueRow>();
  readonly #contents = new Map<ContentId, Content>();
  readonly #transports: readonly Transport[];
  #doors: readonly Door[] = [];
  #script: Script;

  constructor(
    name: string,
    base: number,
    identity: Identity,
    script: Script,
    transports: readonly Transport[],
    features: readonly string[],
  ) {
    this.name = name;
    this.base = base;
    this.#identity = identity;
    this.#self = selfOf(identity, name, base, features);
    this.#transports = transports;
    this.#script = script;
  }

  get peerId(): PeerId {
    return this.#identity.peerId;
  }

  get address(): string {
    return `${HOST}:${this.base}`;
  }

  /** How many connections for transfers stand. */
  get transfers(): number {
    return this.#connections.size - this.#links.size;
  }

  /** From now on it does this. */
  play(script: Script): void {
    this.#script = script;
  }

  /** Lists a content, with as many chunks as it likes to say. */
  offer(content: Content, row: Partial<CatalogueRow> = {}): void {
    const { id, bytes, layout } = content.manifest;
    const { chunks } = layout;
    this.#contents.set(id, content);
    this.#rows.set(id, { name: content.name, id, bytes, chunks, have: chunks, ...row });
    this.#tell();
  }

  withdraw({ manifest }: Content): void {
    this.#rows.delete(manifest.id);
    this.#tell();
  }

  /** Opens its ports. */
  async open(): Promise<void> {
    const { mesh, transfer } = this.#self.ports;
    const serve = (connection: Connection) => this.#serve(connection);
    this.#doors = await Promise.all([
      this.#listen(mesh, ({ session }) => this.#link(session)),
      ...this.#transports.map((transport) =>
        transport === 'tcp' ? this.#listen(transfer, serve) : this.#listenUdp(transfer, serve),
      ),
    ]);
  }

  /** Ends every connection at once, without a goodbye; its ports stay as they are. */
  end(how: Ending): void {
    for (const { socket, channel, session } of this.#connections) {
      if (how === 'reset') reset(socket);
      else if (how === 'hang up') channel.socket.end();
      else session.pause();
    }
    if (how === 'fall silent') this.#script = SILENT;
  }

  /** Ends as if its machine were switched off: nothing listens any more. */
  async vanish(): Promise<void> {
    const doors = this.#doors;
    this.#doors = [];
    for (const socket of this.#sockets) reset(socket);
    await Promise.all(doors.map((door) => door.close()));
  }

  /** Resolves once it was asked for so many chunks. */
  async untilAsked(count: number): Promise<void> {
    await vi.waitFor(
      () => {
        if (this.asked.length < count)
          throw new Error(`${this.name} was asked ${this.asked.length}`);
      },
      { timeout: 20_000, interval: 5 },
    );
  }

  /** Resolves once it was asked this. */
  async untilQuestioned(type: Message['type']): Promise<void> {
    await vi.waitFor(
      () => {
        if (!this.questions.includes(type)) throw new Error(`${this.name} was not asked ${type}`);
      },
      { timeout: 20_000, interval: 5 },
    );
  }

  async #listen(port: number, welcome: (connection: Connection) => void): Promise<Door> {
    const server = createServer({ noDelay: true }, (socket) => this.#arrive(socket, welcome));
    server.listen(port, HOST);
    await once(server, 'listening');
    return { close: () => new Promise<void>((resolve) => server.close(() => resolve())) };
  }

  async #listenUdp(port: number, welcome: (connection: Connection) => void): Promise<Door> {
    const server = await listenForDatagrams({
      host: HOST,
      port,
      secret: this.#identity.credentials.keyPem,
      onStream: (stream) => this.#arrive(stream, welcome),
    });
    return { close: () => server.vanish() };
  }

  #arrive(socket: Line, welcome: (connection: Connection) => void): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    // Whoever leaves before it has said hello is none of the test's business.
    this.#accept(socket).then(welcome, () => socket.destroy());
  }

  async #accept(socket: Line): Promise<Connection> {
    const channel = await serverChannel(socket, this.#identity.credentials);
    const session = await acceptSession(channel, { ...TIMES, self: this.#self }, () => undefined);
    const connection = { socket, channel, session };
    this.#connections.add(connection);
    void session.closed.then(() => this.#connections.delete(connection));
    return connection;
  }

  #link(session: Session): void {
    this.#links.add(session);
    void session.closed.then(() => this.#links.delete(session));
    // What a peer offers is of no use to a source.
    session.received.subscribe({ error: () => undefined });
    this.#tellOn(session);
  }

  #tell(): void {
    for (const session of this.#links) this.#tellOn(session);
  }

  #tellOn(session: Session): void {
    const changed = [...this.#rows.values()];
    session.send({ type: 'offer', fresh: true, complete: true, changed, removed: [] });
  }

  #serve(connection: Connection): void {
    connection.session.received.subscribe({
      next: ({ message, request }) => this.#take(connection, message, request),
      error: () => undefined,
    });
  }

  #take({ session, channel, socket }: Connection, message: Message, request: number): void {
    const script = { ...HONEST, ...this.#script };
    const content = 'id' in message ? this.#contents.get(message.id) : undefined;
    if (content === undefined) return;
    const { tree, manifest } = content;
    const { root, pages } = pagesOf(manifest);
    const asked = (index: number, bytes = root): Ask => ({
      source: this,
      session,
      transport: socket instanceof Socket ? 'tcp' : 'udp',
      content,
      request,
      index,
      nth: this.asked.length - 1,
      bytes,
      answer: (answer) => session.send(answer, request),
      hangUp: () => void channel.socket.end(),
      send: (whole, under = request) => sendBytes(session, whole, under),
    });
    if (message.type === 'get-chunk') {
      const { index } = message;
      this.asked.push(index);
      script.chunk(asked(index, chunkBytesOf(tree, manifest.entries, manifest.layout, index)));
      return;
    }
    this.questions.push(message.type);
    if (message.type === 'get-root') script.root(asked(0));
    if (message.type === 'get-page') script.page(asked(message.page, pages[message.page]));
    if (message.type === 'get-have') script.have(asked(0));
    if (message.type === 'get-segments') script.segments(asked(message.page));
  }
}

function reset(line: Line): void {
  if (line instanceof Socket) line.resetAndDestroy();
  else line.destroy();
}

/** Answers nothing at all. */
export const SILENT: Script = {
  root: () => undefined,
  page: () => undefined,
  have: () => undefined,
  chunk: () => undefined,
  segments: () => undefined,
};

/** @returns the frames of a chunk, for a test that sends them in an order of its own. */
export function framesOf(
  bytes: Uint8Array,
  request: number,
  frameBytes = FRAME_BYTES,
): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += frameBytes) {
    const body = bytes.subarray(at, at + frameBytes);
    frames.push(encodeFrame(FRAME.chunkBytes, request, body));
  }
  return frames;
}

/** @returns the same bytes but for one. */
export function spoilt(bytes: Uint8Array, at = 0): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

function sendBytes(session: Session, bytes: Uint8Array, request: number): void {
  for (const frame of framesOf(bytes, request)) writeFrame(session, frame);
}

/** The session may have ended meanwhile: then nobody hears it, as in life. */
export function writeFrame(session: Session, frame: Uint8Array): void {
  session.write(frame).catch(() => undefined);
}

/**
 * Makes a source that offers these contents, and links these peers with it.
 * @param transports by which chunks can be had of it. @param features what it says of that.
 */
export async function makeSource(
  name: string,
  contents: readonly Content[],
  peers: readonly TestPeer[],
  script: Script = {},
  transports: readonly Transport[] = ['tcp'],
  features: readonly string[] = transports.includes('udp') ? [SPEAKS_UDP] : [],
): Promise<MadeSource> {
  const base = await freePeerBase();
  const source = new MadeSource(name, base, await newIdentity(), script, transports, features);
  for (const content of contents) source.offer(content);
  await source.open();
  onTestFinished(() => source.vanish());
  for (const peer of peers) await join(source, peer);
  return source;
}

/** Links a peer with the source, and waits until it has heard what it offers. */
export async function join(source: MadeSource, peer: TestPeer): Promise<void> {
  const from = peer.heard.all.length;
  await peer.add(source.address);
  const isUp = peer.peers().some(({ peerId, state }) => peerId === source.peerId && state === 'up');
  if (isUp) return;
  await peer.heard.until('peer-up', { from, where: ({ peerId }) => peerId === source.peerId });
}
