/** The local API without a peer behind it, and hands that ask it anything. */
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type Answered,
  type Call,
  Calls,
  type Located,
  type Search,
  type Waits,
} from '#src/io/web/calls.js';
import { Doors, WEB_LIMITS, type WebLimits } from '#src/io/web/doors.js';
import { EventStreams } from '#src/io/web/event-streams.js';
import { openWebApp } from '#src/io/web/web-app.js';
import { newFolder } from './folders.js';
import type { Teardown } from './network.js';

export type Reply = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly bytes: Uint8Array;
  /** Whether all came that was promised. */
  readonly isWhole: boolean;
};

type Asking = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
};

/** Asks by HTTP as told; nothing but `Host` is added where that is not told. */
export type Ask = (method: string, path: string, asking?: Asking) => Promise<Reply>;

const TOKEN = 'the-token-of-a-test';
export const BEARER = { authorization: `Bearer ${TOKEN}` };

/** What a peer would answer: its input, unless told. */
type Answer = (call: Call) => Answered | undefined;

const echo: Answer = ({ call, input }) => ({ type: 'answered', call, answer: input });

/** What is here to be read. */
type Held = {
  readonly manifests: string;
  readonly uploads: string;
  readonly locate: (
    share: string,
    chunk: number,
    waits?: Waits,
  ) => Located | undefined | Promise<Located>;
  /** The folder of the page. */
  readonly page: string | null;
  readonly teardown: Teardown;
};

export type OpenWeb = {
  readonly port: number;
  readonly doors: Doors;
  /** Ends it as the actor does. */
  readonly close: () => Promise<void>;
  readonly streams: EventStreams;
  /** What the peer was asked. */
  readonly calls: readonly Call[];
  /** Answers later what was not answered at once. */
  readonly answer: (said: Answered) => void;
  readonly ask: Ask;
};

/** Closed after the test. */
export async function openWeb(
  limits: Partial<WebLimits> = {},
  answer: Answer = echo,
  {
    manifests = '/nowhere',
    uploads = join(newFolder(), 'uploads'),
    locate: place = () => undefined,
    page = null,
    teardown = onTestFinished,
  }: Partial<Held> = {},
): Promise<OpenWeb> {
  const locate = async ({ call, share, chunk, waits }: Search): Promise<Answered> => {
    const found = await place(share, chunk, waits);
    if (found !== undefined) return { type: 'answered', call, answer: found };
    return { type: 'failed', call, error: { code: 'not-found', message: `no ${share}` } };
  };
  const calls = new Calls();
  const asked: Call[] = [];
  calls.asked.subscribe((call) => {
    if (call.type === 'locate') {
      void locate(call).then((found) => calls.hear(found));
      return;
    }
    asked.push(call);
    const said = answer(call);
    if (said !== undefined) calls.hear(said);
  });
  const streams = new EventStreams(() => undefined);
  const parts = { token: TOKEN, calls, streams, manifests, uploads, page };
  const doors = new Doors(async () => app.handle, { ...WEB_LIMITS, ...limits });
  const app = await openWebApp(parts, doors);
  const close = async () => {
    calls.end();
    streams.end();
    await doors.close();
    await app.close();
  };
  teardown(close);
  const port = await doors.openPage(0);
  const answerLater = (said: Answered) => calls.hear(said);
  return { port, doors, close, streams, calls: asked, answer: answerLater, ask: askAt({ port }) };
}

/** @param where a port of this machine, or the path of a socket. */
export function askAt(where: { readonly port: number } | { readonly socketPath: string }): Ask {
  return (method, path, { headers = {}, body } = {}) =>
    new Promise((resolve, reject) => {
      const to = 'port' in where ? { host: '127.0.0.1', ...where } : where;
      const asking = request({ ...to, method, path, headers, agent: false }, (answer) => {
        const parts: Uint8Array[] = [];
        answer.on('data', (part: Uint8Array) => void parts.push(part));
        // It stays open: what is asked is only whether it opens.
        if (answer.headers['content-type']?.includes('ndjson')) answer.destroy();
        answer.on('error', () => undefined);
        answer.on('close', () => {
          const { statusCode: status = 0, headers: said, complete: isWhole } = answer;
          const bytes = Buffer.concat(parts);
          resolve({ status, headers: said, bytes, text: bytes.toString(), isWhole });
        });
      });
      asking.on('error', reject);
      asking.end(body);
    });
}

/** Says bytes as they are. @returns what came back until the other end has closed. */
export function rawTo(port: number): { readonly socket: Socket; readonly answer: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  const answer = new Promise<string>((resolve) => {
    let text = '';
    socket.setEncoding('utf8').on('data', (part) => {
      text += String(part);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
  onTestFinished(() => void socket.destroy());
  return { socket, answer };
}
