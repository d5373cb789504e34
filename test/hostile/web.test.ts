/** The local API under pages of elsewhere, other programs of this machine, and requests that are made to cost. */
import { describe, expect, it, vi } from 'vitest';
import { fileOperations } from '#src/api/file-operations.js';
import { API_ROOT } from '#src/api/operation.js';
import { operations } from '#src/api/operations.js';
import { putOperations } from '#src/api/upload-operations.js';
import { MiB } from '#src/domain/limits.js';
import type { Call } from '#src/io/web/calls.js';
import { WEB_LIMITS } from '#src/io/web/doors.js';
import { BEARER, openWeb, type Reply, rawTo } from '#test/support/web.js';

/** All that is there, one that is not, and the event stream. */
const ROUTES: readonly (readonly [method: string, path: string])[] = [
  ...Object.values(operations).map(
    ({ method, path }) => [method, API_ROOT + path.replaceAll(/:\w+/g, 'upload')] as const,
  ),
  ['GET', `${API_ROOT}/events`],
  ['GET', `${API_ROOT}/nothing`],
  ['GET', `${API_ROOT}/openapi.json`],
  ['GET', '/metrics'],
  ...Object.values({ ...fileOperations, ...putOperations }).map(
    ({ method, path }) => [method, API_ROOT + path.replaceAll(/:\w+/g, 'upload-1')] as const,
  ),
  ['HEAD', `${API_ROOT}/status`],
  ['OPTIONS', `${API_ROOT}/messages`],
  ['PATCH', `${API_ROOT}/messages`],
  ['POST', '/'],
];
const PAGE_ROUTES = [['GET', '/'] as const, ['GET', '/nothing.js'] as const];

function corsOf({ headers }: Reply): readonly string[] {
  return Object.keys(headers).filter((name) => name.startsWith('access-control-'));
}

describe('the local API', () => {
  it('answers 403 to a name that was made to lead to it, on every route and on the event stream (CVE-2018-5702, CVE-2022-41924)', async () => {
    const { ask, port, calls } = await openWeb();
    for (const [method, path] of [...ROUTES, ...PAGE_ROUTES]) {
      for (const host of ['evil.test', `evil.test:${port}`, `127.0.0.1:${port + 1}`]) {
        const reply = await ask(method, path, { headers: { ...BEARER, host } });
        expect(reply.status, `${method} ${path} of ${host}`).toBe(403);
      }
    }
    expect(calls).toEqual([]);
  });

  it('answers 403 to a page of another origin, on every route and on the event stream (CVE-2025-24010)', async () => {
    const { ask, port, calls } = await openWeb();
    for (const [method, path] of [...ROUTES, ...PAGE_ROUTES]) {
      for (const origin of ['https://evil.test', 'null', `http://localhost:${port}`]) {
        const reply = await ask(method, path, { headers: { ...BEARER, origin } });
        expect(reply.status, `${method} ${path} of ${origin}`).toBe(403);
      }
    }
    expect(calls).toEqual([]);
  });

  it('takes no body that says other than the path, on any route: nothing is judged by one and done by the other', async () => {
    const { ask, calls } = await openWeb();
    const headers = { ...BEARER, 'content-type': 'application/json' };
    for (const { method, path } of Object.values(operations)) {
      if (method === 'GET') continue;
      const named = path.split('/').flatMap((part) => (part[0] === ':' ? [part.slice(1)] : []));
      const place = API_ROOT + path.replaceAll(/:\w+/g, 'upload-1');
      for (const field of [...named, 'extra']) {
        const body = JSON.stringify({ [field]: '../../..' });
        const reply = await ask(method, place, { headers, body });
        expect(reply.status, `${method} ${place} with ${body}`).toBe(400);
      }
    }
    expect(calls).toEqual([]);
  });

  it('answers 401 without the token, or with another, on every route and on the event stream', async () => {
    const { ask, calls } = await openWeb();
    for (const [method, path] of ROUTES) {
      for (const authorization of [undefined, 'Bearer wrong', 'Basic the-token-of-a-test']) {
        const headers = authorization === undefined ? {} : { authorization };
        const reply = await ask(method, `${path}?token=the-token-of-a-test`, { headers });
        expect(reply.status, `${method} ${path} with ${authorization}`).toBe(401);
      }
    }
    expect(calls).toEqual([]);
  });

  it.each([
    '/%61pi/v1/status',
    '/api%2Fv1/status',
    '//api/v1/status',
    '/./api/v1/status',
    '/x/../api/v1/status',
    '/API/v1/status',
    '/api/v1/status/',
    '/api/v1/status;x',
    '/api/v1/%73tatus?x=/links/',
    'http://evil.test/api/v1/status',
    '*',
  ])('asks for the token however a path is written: %s', async (path) => {
    const { ask, calls } = await openWeb();
    const reply = await ask('GET', path);
    expect([400, 401, 404]).toContain(reply.status);
    expect(calls).toEqual([]);
  });

  it('never says a word that lets another origin read an answer (CVE-2026-116748)', async () => {
    const { ask } = await openWeb();
    const asked = {
      'access-control-request-method': 'POST',
      'access-control-request-headers': '*',
    };
    for (const [method, path] of [...ROUTES, ...PAGE_ROUTES]) {
      for (const headers of [BEARER, {}, { ...asked, origin: 'https://evil.test' }]) {
        const reply = await ask(method, path, { headers });
        expect(corsOf(reply), `${method} ${path}`).toEqual([]);
        expect(reply.headers).toMatchObject({
          'x-content-type-options': 'nosniff',
          'cross-origin-resource-policy': 'same-origin',
          'cache-control': 'no-store',
        });
        expect(reply.headers['content-security-policy']).toContain("frame-ancestors 'none'");
        expect(reply.headers['set-cookie']).toBeUndefined();
      }
    }
  });

  it.each([
    ['application/x-www-form-urlencoded', 'text=hi'],
    ['multipart/form-data; boundary=b', '--b\r\n\r\nhi\r\n--b--'],
    ['text/plain', '{"text":"hi"}'],
    ['application/octet-stream', '{"text":"hi"}'],
    ['', '{"text":"hi"}'],
  ])('takes nothing that a form can send: %s (CVE-2017-7178)', async (type, body) => {
    const { ask, calls } = await openWeb();
    const reply = await ask('POST', '/api/v1/messages', {
      headers: { ...BEARER, 'content-type': type },
      body,
    });
    expect([400, 415]).toContain(reply.status);
    expect(calls).toEqual([]);
  });

  it('takes 1 MiB in a body at most, however its length is told', async () => {
    const { ask, calls } = await openWeb();
    const headers = { ...BEARER, 'content-type': 'application/json' };
    const body = JSON.stringify({ text: 'x'.repeat(WEB_LIMITS.bodyBytes) });
    expect((await ask('POST', '/api/v1/messages', { headers, body })).status).toBe(413);
    const inParts = { ...headers, 'transfer-encoding': 'chunked' };
    expect((await ask('POST', '/api/v1/messages', { headers: inParts, body })).status).toBe(413);
    expect(calls).toEqual([]);
  });

  it('takes 8 KiB of headers at most', async () => {
    const { ask } = await openWeb();
    const headers = { ...BEARER, 'x-much': 'x'.repeat(WEB_LIMITS.headerBytes) };
    expect((await ask('GET', '/api/v1/status', { headers })).status).toBe(431);
  });

  it('cuts off whoever says headers or a body too slowly, and serves others meanwhile (CVE-2018-12122)', async () => {
    const { port, ask } = await openWeb({ headersMs: 100, requestMs: 100, lookMs: 20 });
    const inHeaders = rawTo(port);
    inHeaders.socket.write('GET /api/v1/status HTTP/1.1\r\nHost: x\r\n');
    const inBody = rawTo(port);
    const head = `Host: 127.0.0.1:${port}\r\nAuthorization: ${BEARER.authorization}\r\n`;
    inBody.socket.write(
      `POST /api/v1/messages HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
    );
    expect((await ask('GET', '/api/v1/status', { headers: BEARER })).status).toBe(200);
    expect(await inHeaders.answer).toMatch(/^(HTTP\/1.1 408|$)/);
    expect(await inBody.answer).toBe('');
  });

  it('closes the connection of whoever takes nothing of an answer, and of nobody who waits for one', async () => {
    const text = 'x'.repeat(32 * MiB);
    let waiting: Call | undefined;
    const web = await openWeb({ stalledMs: 200 }, (call) => {
      if (call.operation === 'download') waiting = call;
      return call === waiting ? undefined : { type: 'answered', call: call.call, answer: { text } };
    });
    const headers = { ...BEARER, 'content-type': 'application/json' };
    const late = web.ask('POST', '/api/v1/downloads', { headers, body: '{"name":"film"}' });
    const head = `Host: 127.0.0.1:${web.port}\r\nAuthorization: ${BEARER.authorization}\r\n`;
    const { socket } = rawTo(web.port);
    socket.pause().write(`GET /api/v1/status HTTP/1.1\r\n${head}\r\n`);
    const open = () =>
      new Promise((resolve) => web.doors.page.getConnections((_, count) => resolve(count)));
    await vi.waitFor(async () => expect(web.calls).toHaveLength(2));
    await vi.waitFor(async () => expect(await open()).toBe(1), { timeout: 20_000 });
    web.answer({ type: 'answered', call: waiting?.call ?? 0, answer: {} });
    expect((await late).status).toBe(200);
  });

  it('closes the connection of whoever takes an answer, and nothing of the next one behind it', async () => {
    const text = 'x'.repeat(32 * MiB);
    const web = await openWeb({ stalledMs: 200 }, ({ call, operation }) => ({
      type: 'answered',
      call,
      answer: operation === 'getStatus' ? {} : { text },
    }));
    const head = `Host: 127.0.0.1:${web.port}\r\nAuthorization: ${BEARER.authorization}\r\n`;
    const { socket } = rawTo(web.port);
    const open = () =>
      new Promise((resolve) => web.doors.page.getConnections((_, count) => resolve(count)));
    socket.pause();
    const asked = ['status', 'topology'].map(
      (what) => `GET /api/v1/${what} HTTP/1.1\r\n${head}\r\n`,
    );
    socket.write(asked.join(''));
    await vi.waitFor(() => expect(web.calls).toHaveLength(2));
    await vi.waitFor(async () => expect(await open()).toBe(0), { timeout: 20_000 });
  });

  it('holds 32 connections, and closes the next', async () => {
    const { port, ask } = await openWeb();
    const held = Array.from({ length: WEB_LIMITS.connections }, () => rawTo(port));
    await Promise.all(
      held.map(
        ({ socket }) => new Promise<void>((resolve) => socket.once('connect', () => resolve())),
      ),
    );
    await expect(ask('GET', '/api/v1/status', { headers: BEARER })).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
    held[0]?.socket.destroy();
    await held[0]?.answer;
    await vi.waitFor(
      async () =>
        expect((await ask('GET', '/api/v1/status', { headers: BEARER })).status).toBe(200),
      { timeout: 20_000 },
    );
  });

  it('says names of others as JSON, which no page reads as a page (CVE-2022-46165, CVE-2012-4037)', async () => {
    const names = ['<img src=x onerror=alert(1)>', '\u202efdp.exe', '</script>', '\u0000\u001b[2J'];
    const { ask } = await openWeb({}, ({ call }) => ({
      type: 'answered',
      call,
      answer: { names },
    }));
    const reply = await ask('GET', '/api/v1/peers', { headers: BEARER });
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(JSON.parse(reply.text)).toEqual({ names });
    const [name = ''] = names;
    const lost = await ask('GET', `/api/v1/${encodeURIComponent(name)}`, { headers: BEARER });
    expect(lost.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(lost.text).not.toContain('<img');
  });
});
