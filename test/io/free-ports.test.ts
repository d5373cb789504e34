import { type AddressInfo, createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freeBase, requireFree } from '#src/io/free-ports.js';

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

const RANGE = { first: 27_460, tries: 16 };

describe('looking for free ports', () => {
  it('names every taken port of a base', async () => {
    const base = await takenBase();
    const asked = requireFree('127.0.0.1', base);
    await expect(asked).rejects.toMatchObject({ code: 'port-busy' });
    await expect(asked).rejects.toThrow(String(base + 2));
    await expect(asked).rejects.toThrow('--port');
  });

  it('leaves the ports it tried free', async () => {
    const base = await freeBase('127.0.0.1', RANGE);
    expect((base - 27_460) % 4).toBe(0);
    await requireFree('127.0.0.1', base);
    const next = await freeBase('127.0.0.1', RANGE, base);
    expect(next).toBeGreaterThan(base);
  });

  it('says so when it has tried all it tries', async () => {
    const asked = freeBase('127.0.0.1', RANGE, 27_460 + 15 * 4);
    await expect(asked).rejects.toMatchObject({ code: 'port-busy' });
  });

  it('says so when the address is not of this machine', async () => {
    const asked = requireFree('192.0.2.1', 40_000);
    await expect(asked).rejects.toMatchObject({ code: 'address-unavailable' });
  });
});
