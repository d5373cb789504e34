import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { afterAllTests } from '#test/support/teardown.js';
import { openWeb } from '#test/support/web.js';

type Heard = Pick<IncomingMessage, 'statusCode' | 'headers'> & { readonly body: string };

describe('the files of the page', () => {
  const teardown = afterAllTests();
  let port: number;

  function asked(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Heard> {
    return new Promise((resolve, reject) => {
      // A path goes as it is: no client of ours makes `..` out of it.
      get({ host: '127.0.0.1', port, path, headers }, (response) => {
        const { statusCode, headers: told } = response;
        let body = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          body += piece;
        });
        response.on('end', () => resolve({ statusCode: statusCode ?? 0, headers: told, body }));
      }).on('error', reject);
    });
  }

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'p2p page-'));
    teardown(async () => rmSync(folder, { recursive: true }));
    const page = join(folder, 'page');
    mkdirSync(join(page, 'assets'), { recursive: true });
    writeFileSync(join(folder, 'secret.txt'), 'of the owner');
    writeFileSync(join(page, 'index.html'), '<!doctype html>');
    writeFileSync(join(page, 'assets', 'main-abc.js'), 'go();');
    ({ port } = await openWeb({}, undefined, { page, uploads: folder, teardown }));
  });

  it('need no token, as they are no secret, and say what they are', async () => {
    const { statusCode, headers, body } = await asked('/');
    expect([statusCode, body]).toEqual([200, '<!doctype html>']);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-security-policy']).toContain("require-trusted-types-for 'script'");
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it('are kept for good by the browser where their name is their hash', async () => {
    const { headers } = await asked('/assets/main-abc.js');
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(headers['cache-control']).toContain('immutable');
    expect(headers['x-content-type-options']).toBe('nosniff');
    const again = await asked('/assets/main-abc.js', { 'if-none-match': `${headers.etag}` });
    expect([again.statusCode, again.body]).toEqual([304, '']);
  });

  it('are shown to no other name of this machine (DNS rebinding)', async () => {
    expect((await asked('/', { host: `evil.example:${port}` })).statusCode).toBe(403);
    expect((await asked('/assets/main-abc.js', { host: 'localhost' })).statusCode).toBe(403);
  });

  it.each(['/../secret.txt', '/assets/../../secret.txt', '/assets/%2e%2e%2f%2e%2e%2fsecret.txt'])(
    'are all there is: %s leads to none',
    async (path) => {
      const { statusCode, body } = await asked(path);
      expect(statusCode).toBe(404);
      expect(body).not.toContain('owner');
    },
  );
});
