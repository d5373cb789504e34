import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freeBase, requireFree } from '#src/io/net/free-ports.js';
import { freePeerBase } from '#test/support/places.js';

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, () => resolve(server));
    onTestFinished(() => void server.close());
  });
}

/** A base with room for four ports, the third of them taken. */
async function takenBase(): Promise<number> {
  const { port } = (await listen(0)).address() as AddressInfo;
  return port - 2;
}

/** Four ports that are free, given back in a moment, of which the second is held for UDP. */
async function takenForUdp(): Promise<number> {
  const base = await freePeerBase();
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  const bound = once(socket, 'listening');
  socket.bind(base + 1, '127.0.0.1');
  await bound;
  return base;
}

const HERE = { host: '127.0.0.1', withUdp: true } as const;
const RANGE = { first: 27_460, tries: 16 };

describe('looking for free ports', () => {
  it('names every taken port of a base', async () => {
    const base = await takenBase();
    const asked = requireFree(HERE, base);
    await expect(asked).rejects.toMatchObject({ code: 'port-busy' });
    await expect(asked).rejects.toThrow(String(base + 2));
    await expect(asked).rejects.toThrow('--port');
  });

  it('names the taken port for datagrams as such, beside those for TCP', async () => {
    const base = await takenForUdp();
    await expect(requireFree(HERE, base)).rejects.toThrow(`port ${base + 1} (UDP) is in use`);
    await listen(base + 1);
    await listen(base + 3);
    await expect(requireFree(HERE, base)).rejects.toThrow(
      `ports ${base + 1}, ${base + 1} (UDP), ${base + 3} are in use`,
    );
  });

  it('takes the next base where the port for datagrams is taken, unless that is not wanted', async () => {
    const base = await takenForUdp();
    const range = { first: base, tries: 2 };
    await expect(freeBase(HERE, range)).resolves.toBe(base + 4);
    await expect(freeBase({ ...HERE, withUdp: false }, range)).resolves.toBe(base);
  });

  it('leaves the ports it tried free', async () => {
    const base = await freeBase(HERE, RANGE);
    expect((base - 27_460) % 4).toBe(0);
    await requireFree(HERE, base);
    const next = await freeBase(HERE, RANGE, base);
    expect(next).toBeGreaterThan(base);
  });

  it('says so when it has tried all it tries', async () => {
    const asked = freeBase(HERE, RANGE, 27_460 + 15 * 4);
    await expect(asked).rejects.toMatchObject({ code: 'port-busy' });
  });

  it('says so when the address is not of this machine', async () => {
    const asked = requireFree({ ...HERE, host: '192.0.2.1' }, 40_000);
    await expect(asked).rejects.toMatchObject({ code: 'address-unavailable' });
  });
});
