import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { BEARER, openWeb } from '#test/support/web.js';

it('leaves nothing behind on a connection over which file after file is put', async () => {
  const { port } = await openWeb();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const complaints: Error[] = [];
  const complain = (warning: Error) => void complaints.push(warning);
  process.on('warning', complain);
  onTestFinished(() => {
    agent.destroy();
    process.off('warning', complain);
  });
  for (let at = 0; at < 12; at += 1) {
    const path = `/api/v1/uploads/many-files/files/${at}`;
    const headers = { ...BEARER, host: `127.0.0.1:${port}` };
    const put = request({ host: '127.0.0.1', port, method: 'PUT', path, headers, agent });
    put.end('bytes');
    const [answer] = (await once(put, 'response')) as [IncomingMessage];
    expect([answer.statusCode, put.reusedSocket]).toEqual([200, at > 0]);
    await once(answer.resume(), 'end');
  }
  expect(complaints).toEqual([]);
});
