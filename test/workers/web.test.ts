import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { filter, firstValueFrom, ReplaySubject, Subject } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { controlPath } from '#src/io/web/control-socket.js';
import { CONTROL_HOST } from '#src/io/web/guard.js';
import { newFolder } from '#test/support/folders.js';
import { askAt } from '#test/support/web.js';
import { type In, type Init, type Out, web } from '#workers/web.js';

type OfType<T extends Out['type']> = Extract<Out, { type: T }>;

/** The actor as a function; its host is the test. */
function run(init: Partial<Init> = {}) {
  const folder = newFolder();
  const inbox = new Subject<In>();
  const said = new ReplaySubject<Out>();
  const whole = { control: null, port: 0, token: 'a-token', manifests: folder, uploads: folder };
  const life = web({ ...whole, ...init }, inbox).subscribe(said);
  onTestFinished(() => life.unsubscribe());
  const heard = <T extends Out['type']>(type: T) =>
    firstValueFrom(said.pipe(filter((out): out is OfType<T> => out.type === type)));
  const ended = new Promise<string>((resolve) => {
    said.subscribe({
      complete: () => resolve('completed'),
      error: (error: { code: string }) => resolve(error.code),
    });
  });
  const asking = async () => askAt({ port: (await heard('listening')).port ?? 0 });
  return { inbox, heard, ended, asking };
}

const BEARER = { authorization: 'Bearer a-token' };

/** Somebody who hears what happens. */
async function listening(heard: ReturnType<typeof run>['heard']) {
  const { port } = await heard('listening');
  const socket = connect(port ?? 0, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const closed = new Promise<void>((resolve) => void socket.on('close', () => resolve()));
  const listener = { text: '', closed };
  socket.setEncoding('utf8').on('data', (part) => {
    listener.text += String(part);
  });
  const head = `Host: 127.0.0.1:${port}\r\nAuthorization: ${BEARER.authorization}`;
  socket.write(`GET /api/v1/events HTTP/1.1\r\n${head}\r\n\r\n`);
  return listener;
}

describe('the web actor', () => {
  it('says where it listens, asks its host what it is asked, and answers as that does', async () => {
    const { inbox, heard, asking } = run();
    const ask = await asking();
    const status = ask('GET', '/api/v1/status', { headers: BEARER });
    const { call, operation } = await heard('call');
    expect(operation).toBe('getStatus');
    inbox.next({ type: 'answered', call, answer: { name: 'anna' } });
    expect(await status).toMatchObject({ status: 200, text: '{"name":"anna"}' });
    const found = ask('GET', '/api/v1/shares/film/content', { headers: BEARER });
    const searched = await heard('locate');
    expect(searched).toMatchObject({ share: 'film', chunk: 0 });
    const error = { code: 'not-found', message: 'there is no film here' };
    inbox.next({ type: 'failed', call: searched.call, error });
    expect(await found).toMatchObject({ status: 404, text: JSON.stringify(error) });
  });

  it('wants events once somebody listens, passes them on, and says how many were too many', async () => {
    const { inbox, heard } = run();
    const listener = await listening(heard);
    expect(await heard('listeners')).toEqual({ type: 'listeners', are: true });
    const missed = { type: 'missed', count: 3, brief: 1 };
    inbox.next({ type: 'events', events: [missed, { type: 'mark', ref: 'r' }] });
    await heard('events-taken');
    await vi.waitFor(() => {
      expect(listener.text).toContain('{"type":"missed","count":3}\n{"type":"mark","ref":"r"}\n');
    });
  });

  it.each([
    ['says goodbye to who listens where the peer ends', true],
    ['says no goodbye where it ends alone, to come again', false],
  ])('%s', async (_, isEnd) => {
    const { inbox, heard, ended } = run();
    const listener = await listening(heard);
    await heard('listeners');
    if (isEnd) inbox.next({ type: 'stop-listening', exitCode: 0 });
    inbox.complete();
    await Promise.all([ended, listener.closed]);
    expect(listener.text.includes('{"type":"bye","exitCode":0}\n')).toBe(isEnd);
  });

  it('answers who waits for the end of the peer with its own, lets nobody in meanwhile, and leaves no socket', async () => {
    const data = newFolder();
    const { inbox, heard, ended } = run({ control: data, port: null });
    expect(await heard('listening')).toEqual({ type: 'listening', port: null });
    const ask = askAt({ socketPath: controlPath(data) });
    const headers = { host: CONTROL_HOST };
    const stop = ask('POST', '/api/v1/stop', { headers });
    await heard('call');
    inbox.next({ type: 'stop-listening', exitCode: 0 });
    await expect(ask('GET', '/api/v1/status', { headers })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    inbox.complete();
    expect((await stop).status).toBe(200);
    expect(await ended).toBe('completed');
    expect(existsSync(controlPath(data))).toBe(false);
  });

  it('is there without a control socket where that cannot be, and says why', async () => {
    const control = join(newFolder(), 'nowhere');
    const { heard, asking } = run({ control });
    expect((await heard('trouble')).error.code).toBe('ENOENT');
    expect((await (await asking())('GET', '/api/v1/status')).status).toBe(401);
  });

  it('fails where its port is taken, so that its supervisor tries again', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    expect(await run({ port }).ended).toBe('ui-port-busy');
  });
});
