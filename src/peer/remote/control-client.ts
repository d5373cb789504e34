/** Asks a running peer over its control socket. */
import { Agent, type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import { API_ROOT } from '#src/api/operation.js';
import { operations } from '#src/api/operations.js';
import { type HttpRequest, requestOf } from '#src/api/request-shape.js';
import { P2pError } from '#src/domain/errors.js';
import { CONTROL_HOST } from '#src/io/web/guard.js';
import type { Told } from '#src/peer/api.js';
import { DownloadError } from '#src/peer/downloads/download-error.js';
import { lossOf, lost, PATIENCE_MS } from './lost-peer.js';
import { isProcessGone, peerEnd, QUIET_MS, type Quiet, slept } from './peer-end.js';
import type { Ask } from './remote-peer.js';

/** What a peer tells, the mark behind all it had told before, or how much of that was left out. */
export type Heard =
  | Told
  | { readonly type: 'mark'; readonly ref: string }
  | { readonly type: 'missed'; readonly count: number };

/** A peer that has to wait for each of its actors to be killed takes half of that. */
const ENDING_MS = 60_000;

export type ControlClient = {
  readonly ask: Ask;
  /** Whether the last that was asked had an answer, of whatever kind. */
  readonly isThere: boolean;
  /** @returns why a command failed for a peer that had answered: where the connection was lost, whether the peer goes on. */
  why(error: unknown): Promise<unknown>;
  /** Resolves once the peer tells what happens from now on. @param told hears each event. @param ended with the peer, or with what answers there. */
  events(told: (event: Heard) => void, ended: () => void): Promise<void>;
  /** Ends the peer. Resolves once it has ended, and another may use its data folder. @throws P2pError `timed-out` */
  end(patienceMs?: number): Promise<void>;
  /** Leaves; what was asked goes on. */
  close(): void;
};

/** @param socket where the peer listens. @param quietMs nobody is there for so long after its end. @param patienceMs as for `lossOf` */
export function controlClient(
  socket: string,
  quietMs: number = QUIET_MS,
  patienceMs: number = PATIENCE_MS,
): ControlClient {
  const agent = new Agent({ keepAlive: true });
  let isThere = false;
  let pid: number | undefined;
  const quiet = { quietMs, isGone: () => isProcessGone(pid) };
  const open = async (asked: HttpRequest) => {
    isThere = false;
    const answer = await answered(asked, socket, agent);
    isThere = true;
    return answer;
  };
  const ask: Ask = async (id, input) => {
    const asked = requestOf(operations[id], input as Readonly<Record<string, unknown>>);
    const answer = await open(asked);
    const said = parsed(answer, await textOf(answer));
    if (id === 'getStatus') ({ pid } = said as { readonly pid?: number });
    return said;
  };
  return {
    get isThere() {
      return isThere;
    },
    ask,
    async why(error) {
      const { why, goesOn } = await lossOf(error, () => ask('getStatus', {}), quiet, patienceMs);
      if (goesOn === true) isThere = true;
      return why;
    },
    async end(endingMs = ENDING_MS) {
      if (await hasEnded(() => ask('stop', {}), endingMs, quiet)) return;
      isThere = true;
      const mend = 'its own terminal says what it waits for';
      throw new P2pError('timed-out', `the peer goes on ending: ${mend}`);
    },
    async events(told, ended) {
      const answer = await open({ method: 'GET', path: `${API_ROOT}/events`, body: undefined });
      if (answer.statusCode !== 200) parsed(answer, await textOf(answer));
      hear(answer, told, ended);
    },
    close: () => agent.destroy(),
  };
}

async function hasEnded(
  stop: () => Promise<unknown>,
  patienceMs: number,
  quiet: Quiet,
): Promise<boolean> {
  const over = new AbortController();
  const { signal } = over;
  const late = slept(patienceMs, signal).then(() => false);
  const ended = peerEnd(stop, signal, quiet).then(() => true);
  return Promise.race([ended, late]).finally(() => over.abort());
}

function hear(answer: IncomingMessage, told: (event: Heard) => void, ended: () => void): void {
  const lines = createInterface({ input: answer });
  lines.on('line', (line) => {
    if (line !== '') told(JSON.parse(line) as Heard);
  });
  // It ends with the peer, with what answers there, or with us: torn off, the lines have no end of their own.
  lines.on('error', () => undefined);
  answer.on('error', () => undefined);
  answer.on('close', ended);
}

function answered(
  { method, path, body }: HttpRequest,
  socketPath: string,
  agent: Agent,
): Promise<IncomingMessage> {
  const about = body === undefined ? {} : { 'content-type': 'application/json' };
  const headers = { host: CONTROL_HOST, ...about };
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, agent, method, path, headers }, resolve);
    asking.on('error', (cause: NodeJS.ErrnoException) => reject(unreached(cause, socketPath)));
    asking.end(body);
  });
}

function unreached(cause: NodeJS.ErrnoException, socket: string): P2pError {
  if (cause.code === 'EACCES') {
    return new P2pError('denied', `${socket} belongs to another user: ask him`, { cause });
  }
  const isGone = cause.code === 'ECONNRESET' || cause.code === 'EPIPE';
  if (isGone) return lost(cause);
  const isLeft = cause.code === 'ECONNREFUSED';
  const message = isLeft
    ? `no peer answers at ${socket}: the one that left it was killed, start it again`
    : `no peer answers at ${socket}: is it running?`;
  return new P2pError('offline', message, { cause });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  answer.setEncoding('utf8');
  let text = '';
  try {
    for await (const part of answer) text += String(part);
  } catch (cause) {
    throw lost(cause);
  }
  return text;
}

/** @throws P2pError as the peer says */
function parsed({ statusCode = 0 }: IncomingMessage, text: string): unknown {
  const answer: unknown = JSON.parse(text);
  if (statusCode < 400) return answer;
  const { code, message, ...about } = answer as { code: never; message: string };
  const isOfDownload = Object.keys(about).length > 0;
  throw isOfDownload ? new DownloadError({ code, message, ...about }) : new P2pError(code, message);
}
