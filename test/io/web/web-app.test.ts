import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { BEARER, openWeb, rawTo } from '#test/support/web.js';

describe('the local API', () => {
  it('asks the peer with what stands in path, query and body, each of its kind', async () => {
    const { ask, calls } = await openWeb();
    const json = { ...BEARER, 'content-type': 'application/json' };
    await ask('GET', '/api/v1/peers?blocked=true&limit=3', { headers: BEARER });
    await ask('POST', '/api/v1/peers/anna%20%2F%20b/messages', {
      headers: json,
      body: '{"text":"hi","whenBack":true}',
    });
    await ask('PUT', '/api/v1/limits/upload', { headers: json, body: '{"rate":null}' });
    expect(calls.map(({ operation, input }) => [operation, input])).toEqual([
      ['listPeers', { blocked: true, limit: 3 }],
      ['tell', { peer: 'anna / b', text: 'hi', whenBack: true }],
      ['setLimit', { kind: 'upload', rate: null }],
    ]);
  });

  it('answers with what the peer says, and an empty object where that is nothing', async () => {
    const { ask } = await openWeb({}, ({ call, operation }) => ({
      type: 'answered',
      call,
      answer: operation === 'pauseAll' ? undefined : { one: 1 },
    }));
    expect(await ask('GET', '/api/v1/status', { headers: BEARER })).toMatchObject({
      status: 200,
      text: '{"one":1}',
    });
    const paused = await ask('POST', '/api/v1/transfers/pause', { headers: BEARER });
    expect(paused.text).toBe('{}');
  });

  it.each([
    ['not-found', 404],
    ['ambiguous', 409],
    ['usage', 400],
    ['disk-full', 507],
    ['offline', 503],
    ['actor-failed', 500],
    ['never heard of', 500],
  ])('says of a failure `%s` all that the peer says of it, as %i', async (code, status) => {
    const error = { code, message: 'why', candidates: ['one'] };
    const { ask } = await openWeb({}, ({ call }) => ({ type: 'failed', call, error }));
    const reply = await ask('GET', '/api/v1/status', { headers: BEARER });
    expect([reply.status, JSON.parse(reply.text)]).toEqual([status, error]);
  });

  it.each([
    ['GET', '/api/v1/peers?limit=1001', '', 'limit must be <= 1000'],
    ['GET', '/api/v1/peers?limit=-1', '', 'limit must be >= 0'],
    ['GET', '/api/v1/peers?limit=1e308', '', 'limit must be integer'],
    ['GET', '/api/v1/peers?limit=9007199254740993', '', 'limit must be integer'],
    ['GET', '/api/v1/peers?limit=1&limit=2', '', 'limit must be integer'],
    ['PUT', '/api/v1/limits/upload', '{"rate":"1"}', 'rate must'],
    ['GET', '/api/v1/events?brief=TRUE', '', 'brief must be boolean'],
    ['GET', '/api/v1/events?brief=true&brief=true', '', 'brief must be boolean'],
    ['GET', '/api/v1/events?breif=true', '', 'there is no field breif here'],
    ['GET', '/api/v1/peers?blockd=true', '', 'there is no field blockd here'],
    ['POST', '/api/v1/messages', '{"text":"hi","to":"all"}', 'there is no field to here'],
    ['POST', '/api/v1/messages', '{"text":""}', 'text must NOT have fewer'],
    ['POST', '/api/v1/messages', '{}', "must have required property 'text'"],
    ['POST', '/api/v1/messages', '[]', 'body must be object'],
    ['POST', '/api/v1/messages', '{"text":', 'JSON'],
    ['POST', '/api/v1/messages', '{"__proto__":{"text":"hi"}}', 'JSON'],
    ['PUT', '/api/v1/limits/speed', '{"rate":1}', 'kind must be equal to one of'],
    ['PUT', '/api/v1/limits/upload', '{"rate":-1}', 'rate must'],
  ])(
    'refuses %s %s %s in one line that names the field, and asks nobody',
    async (method, path, body, why) => {
      const { ask, calls } = await openWeb();
      const type = body === '' ? {} : { 'content-type': 'application/json' };
      const reply = await ask(method, path, { headers: { ...BEARER, ...type }, body });
      expect(reply.status).toBe(400);
      const { code, message } = JSON.parse(reply.text) as { code: string; message: string };
      expect(code).toBe('usage');
      expect(message).toContain(why);
      expect(message).not.toContain('\n');
      expect(calls).toEqual([]);
    },
  );

  it('says how a body is sent where one came as curl sends it unless told', async () => {
    const { ask } = await openWeb();
    const headers = { ...BEARER, 'content-type': 'application/x-www-form-urlencoded' };
    const { status, text } = await ask('POST', '/api/v1/messages', {
      headers,
      body: '{"text":"hi"}',
    });
    expect([status, JSON.parse(text)]).toEqual([
      415,
      {
        code: 'usage',
        message: 'a body is JSON, and says so: `content-type: application/json`',
      },
    ]);
  });

  it('says what there is not, without repeating a query', async () => {
    const { ask } = await openWeb();
    const reply = await ask('GET', '/api/v1/shoes?secret=1', { headers: BEARER });
    expect([reply.status, JSON.parse(reply.text)]).toEqual([
      404,
      { code: 'not-found', message: 'there is no GET /api/v1/shoes' },
    ]);
  });

  it('tells what happens to 16 at once, and the next that they are too many', async () => {
    const { ask, streams } = await openWeb();
    for (let one = 0; one < 16; one += 1) streams.add(new PassThrough());
    expect(await ask('GET', '/api/v1/events', { headers: BEARER })).toMatchObject({ status: 429 });
  });

  it('asks for an overview once events are heard, and tells it among them', async () => {
    const { port, streams } = await openWeb({}, ({ call }) => {
      streams.tell([{ type: 'said while it was asked for' }]);
      return { type: 'answered', call, answer: { messages: ['said'] } };
    });
    const { socket } = rawTo(port);
    let said = '';
    socket.on('data', (part) => {
      said += String(part);
    });
    const head = `Host: 127.0.0.1:${port}\r\nAuthorization: ${BEARER.authorization}\r\n\r\n`;
    socket.write(`GET /api/v1/events?overview=true HTTP/1.1\r\n${head}`);
    await vi.waitFor(() => expect(said).toContain('{"messages":["said"],"type":"overview"}\n'));
    expect(said).toContain('{"type":"said while it was asked for"}\n');
  });

  it('ends the events of who asked for an overview where there is none', async () => {
    const error = { code: 'closed', message: 'the peer ends' };
    const { port } = await openWeb({}, ({ call }) => ({ type: 'failed', call, error }));
    const { socket, answer } = rawTo(port);
    const head = `Host: 127.0.0.1:${port}\r\nAuthorization: ${BEARER.authorization}\r\n\r\n`;
    socket.write(`GET /api/v1/events?overview=true HTTP/1.1\r\n${head}`);
    expect(await answer).not.toContain('overview');
  });

  it('ends the events in good order where the peer ends before it had an overview', async () => {
    const { port, calls, close } = await openWeb({}, () => undefined);
    const { socket, answer } = rawTo(port);
    const head = `Host: 127.0.0.1:${port}\r\nAuthorization: ${BEARER.authorization}\r\n\r\n`;
    socket.write(`GET /api/v1/events?overview=true HTTP/1.1\r\n${head}`);
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    await close();
    expect((await answer).endsWith('\r\n0\r\n\r\n')).toBe(true);
  });

  it('keeps no place for who asked for the events behind an answer that never came, and left', async () => {
    const { port, streams, calls, close } = await openWeb({}, () => undefined);
    const { socket } = rawTo(port);
    const head = `HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${BEARER.authorization}\r\n\r\n`;
    const warned: Error[] = [];
    const warn = (warning: Error) => void warned.push(warning);
    process.on('warning', warn);
    onTestFinished(() => void process.off('warning', warn));
    socket.write(`GET /api/v1/status ${head}${`GET /api/v1/events ${head}`.repeat(16)}`);
    await vi.waitFor(() => expect([calls.length, streams.isFull]).toEqual([1, true]));
    socket.destroy();
    await vi.waitFor(() => expect(streams.isFull).toBe(false));
    await close();
    expect(warned).toEqual([]);
  });

  it('keeps no place for who left before what answers was there', async () => {
    const { doors, port, streams } = await openWeb();
    const added = vi.spyOn(streams, 'add');
    const loaded = await doors.handler();
    let load: (handle: RequestListener) => void = () => undefined;
    const loading = new Promise<RequestListener>((resolve) => {
      load = resolve;
    });
    const hurried = vi.spyOn(doors, 'handler').mockReturnValue(loading);
    const { socket } = rawTo(port);
    const left = new Promise((gone) => {
      doors.page.once('connection', (theirs: Socket) => theirs.once('close', gone));
    });
    const head = `Host: 127.0.0.1:${port}\r\nAuthorization: ${BEARER.authorization}\r\n\r\n`;
    socket.write(`GET /api/v1/events HTTP/1.1\r\n${head}`);
    await vi.waitFor(() => expect(hurried).toHaveBeenCalled());
    socket.destroy();
    await left;
    const handled = new Promise<void>((done) => {
      load((request, response) => {
        loaded(request, response);
        setImmediate(done);
      });
    });
    await handled;
    expect(added).not.toHaveBeenCalled();
  });

  it('answers what is asked at its end, and then nobody', async () => {
    const { ask, close, calls } = await openWeb({}, () => undefined);
    const answers = [
      ask('POST', '/api/v1/stop', { headers: BEARER }),
      ask('GET', '/api/v1/status', { headers: BEARER }),
    ];
    await vi.waitFor(() => expect(calls).toHaveLength(2));
    await close();
    const [stop, status] = await Promise.all(answers);
    expect([stop?.status, status?.status]).toEqual([200, 503]);
    await expect(ask('GET', '/api/v1/status')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
