/**
 * The files of the page, read once at the start and served from memory: a request names one of them exactly, or there is
 * none, so that no path of a request ever reaches a disk.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** Whatever else lay there would be shown as nothing that a browser runs. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const OTHER_TYPE = 'application/octet-stream';

/** Their names hold a hash of what is in them: another content is another name. */
const HASHED = '/assets/';
const ONE_YEAR_S = 31_536_000;

type PageFile = {
  readonly body: Buffer;
  readonly type: string;
  readonly etag: string;
  readonly caching: string;
};

/** By the path of their address. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** @param folder what the build made; `index.html` in it is `/`. Throws as the file system does. */
export function readPageFiles(folder: string): PageFiles {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    paths.map((path) => {
      const address = `/${relative(folder, path).split(sep).join('/')}`;
      return [address === '/index.html' ? '/' : address, pageFile(address, readFileSync(path))];
    }),
  );
}

export function servePage(app: FastifyInstance, files: PageFiles): void {
  for (const [address, file] of files) {
    app.get(address, (request, reply) => answer(reply, file, request.headers['if-none-match']));
  }
}

function pageFile(address: string, body: Buffer): PageFile {
  const isHashed = address.startsWith(HASHED);
  return {
    body,
    type: TYPES[extname(address)] ?? OTHER_TYPE,
    etag: `"${createHash('sha256').update(body).digest('base64url')}"`,
    // The first page must be the one that belongs to this peer: it names all others.
    caching: isHashed ? `private, max-age=${ONE_YEAR_S}, immutable` : 'no-store',
  };
}

function answer(reply: FastifyReply, file: PageFile, known: string | undefined): FastifyReply {
  reply.headers({ etag: file.etag, 'cache-control': file.caching });
  if (known === file.etag) return reply.code(304).send();
  return reply.type(file.type).send(file.body);
}
