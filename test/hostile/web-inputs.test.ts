/** Every operation of the local API with odd input that its declaration allows: each gets an answer or a reason. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import type { TSchema } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allOperations } from '#src/api/open-api.js';
import type { Operation } from '#src/api/operation.js';
import { operations } from '#src/api/operations.js';
import { requestOf } from '#src/api/request-shape.js';
import { createNetwork, type TestPeer } from '#test/support/network.js';
import { rounds } from '#test/support/rounds.js';
import { type Ask, askAt } from '#test/support/web.js';

/** Asked at once: below the connections that a door holds. */
const AT_ONCE = 24;

const ROUNDS = rounds({ small: 2, full: 20 });

/** The end of the peer is the end of the test, and events are no answer. */
const LEFT_OUT = (id: string, { endsPeer }: Operation) => endsPeer === true || id === 'hearEvents';

const ASKED = Object.entries(allOperations).filter(([id, operation]) => !LEFT_OUT(id, operation));

const WORDS = [
  'film.mkv',
  'film',
  'folder',
  'nobody',
  '..',
  '/',
  '%',
  '*',
  '!',
  '[',
  '__proto__',
  'constructor',
  '\u0000',
  'a\nb',
  '\u202efdp.exe',
  '\ufeff',
  ' ',
  '0',
  '-1',
  '1e9',
  'ffff',
  '127.0.0.1:1',
  '127.0.0.1:99999',
  '[::1]:1',
  'x'.repeat(4097),
  'ü'.repeat(2000),
];

/** None leads to another machine, whoever asks for its name. */
const ADDRESSES = ['127.0.0.1:1', '127.0.0.1:65535', '127.0.0.1:0', '127.0.0.1', ':', '[::]:', ''];

/** Nothing of this machine beyond the folder of the test. */
function oddPaths(folder: string): readonly string[] {
  const at = (name: string) => join(folder, name);
  writeFileSync(at('file'), 'a file');
  writeFileSync(at('empty'), '');
  writeFileSync(at('\u0001bad'), 'a name that none may have');
  mkdirSync(at('folder/below'), { recursive: true });
  mkdirSync(at('rules'));
  writeFileSync(at('rules/.p2pignore'), '\n'.repeat(70_000));
  symlinkSync(at('file'), at('link'));
  symlinkSync(at('nowhere'), at('dangling'));
  symlinkSync(at('round'), at('round'));
  execFileSync('mkfifo', [at('pipe')]);
  const there = [
    'file',
    'empty',
    '\u0001bad',
    'folder',
    'rules',
    'link',
    'dangling',
    'round',
    'pipe',
  ];
  const asked = ['nowhere', 'file/below', 'x'.repeat(300), 'a\u0000b', 'x/'.repeat(300)];
  return [...there, ...asked].map((name) => `${folder}/${name}`);
}

type Field = {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly TSchema[];
  readonly const?: string;
  readonly items?: TSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
};

/** What a declaration allows, the odd first. */
function inputOf(operation: Operation, paths: readonly string[]): fc.Arbitrary<object> {
  const { properties, required = [] } = operation.input as {
    readonly properties: Readonly<Record<string, Field>>;
    readonly required?: readonly string[];
  };
  const fields = Object.entries(properties).map(([name, field]) => [
    name,
    fieldOf(name, field, paths),
  ]);
  return fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>, {
    requiredKeys: [...required],
  });
}

function fieldOf(name: string, field: Field, paths: readonly string[]): fc.Arbitrary<unknown> {
  const { enum: words, anyOf, items, minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = field;
  if (words !== undefined) return fc.constantFrom(...words);
  if (anyOf !== undefined)
    return fc.oneof(...anyOf.map((one) => fieldOf(name, one as Field, paths)));
  if (field.const !== undefined) return fc.constant(field.const);
  if (field.type === 'null') return fc.constant(null);
  if (field.type === 'boolean') return fc.boolean();
  if (field.type === 'integer') return fc.integer({ min: minimum, max: maximum });
  if (items !== undefined) {
    const { minItems: minLength = 0 } = field;
    return fc.array(fieldOf(name, items as Field, paths), { minLength, maxLength: 4 });
  }
  return textOf(name, field, paths);
}

function textOf(
  name: string,
  { pattern, minLength = 0, maxLength = 8192 }: Field,
  paths: readonly string[],
): fc.Arbitrary<string> {
  const fits = (text: string) => text.length >= minLength && text.length <= maxLength;
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  if (name === 'address') return fc.constantFrom(...ADDRESSES.filter(fits));
  if (['path', 'paths', 'to'].includes(name))
    return fc.constantFrom(...[...paths, ''].filter(fits));
  const any = fc.string({ unit: 'grapheme', minLength, maxLength: 40 });
  return fc.oneof(fc.constantFrom(...WORDS.filter(fits)), any);
}

type Scene = { readonly peer: TestPeer; readonly ask: Ask; readonly paths: readonly string[] };

let scene: Scene;
const teardown: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const network = await createNetwork(1, (clean) => void teardown.push(clean), {
    settings: { ui: { enabled: true, port: 0 } },
    prepare: ({ share }) => {
      writeFileSync(join(share, 'film.mkv'), 'a film');
      mkdirSync(join(share, 'folder'));
      writeFileSync(join(share, 'folder', 'one'), 'one');
    },
  });
  const [peer] = network.peers as [TestPeer];
  const { port, hash } = new URL((await peer.heard.until('ui')).url);
  const authorization = `Bearer ${hash.slice('#token='.length)}`;
  const plain = askAt({ port: Number(port) });
  const ask: Ask = (method, path, { body } = {}) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    return plain(method, path, { headers: { authorization, ...type }, ...(body && { body }) });
  };
  const odd = join(network.folder, 'odd');
  mkdirSync(odd);
  scene = { peer, ask, paths: oddPaths(odd) };
});

afterAll(async () => {
  for (const clean of teardown) await clean();
});

describe('what nobody can take of this machine', () => {
  it.each([
    ['a pipe', 'pipe', 'it is not a regular file.'],
    ['a folder whose rules are too many', 'rules', 'its .p2pignore cannot be used: it is larger'],
  ])('is refused by its path, whether it is to be shared or sent: %s', async (_, name, why) => {
    const { ask, paths } = scene;
    const path = paths.find((one) => one.endsWith(`/${name}`)) ?? '';
    for (const [operation, input, what] of [
      [operations.addShare, { path }, 'is not shared'],
      [operations.send, { paths: [path] }, 'cannot be sent'],
    ] as const) {
      const asked = requestOf(operation, input);
      const { status, text } = await ask(asked.method, asked.path, { body: asked.body ?? '' });
      const { code, message } = JSON.parse(text) as { code: string; message: string };
      expect([status, code]).toEqual([422, 'unreadable']);
      expect(message).toContain(`${path} ${what}: ${why}`);
    }
  });
});

describe('an operation of the local API, whatever it is asked with', () => {
  it.each(ASKED)(
    'has an answer or a reason, and none that blames the peer: %s',
    async (_, operation) => {
      const { ask, peer, paths } = scene;
      const sizes = { minLength: AT_ONCE, maxLength: AT_ONCE };
      const inputs = fc.array(inputOf(operation, paths), sizes);
      const blamed = async (input: object) => {
        const { method, path, body } = requestOf(operation, input as Record<string, unknown>);
        const { status, text } = await ask(method, path, body === undefined ? {} : { body });
        return status === 500 ? [text] : [];
      };
      const nobody = fc.asyncProperty(inputs, async (all) => {
        expect((await Promise.all(all.map(blamed))).flat()).toEqual([]);
      });
      await fc.assert(nobody, { numRuns: ROUNDS, endOnFailure: true });
      expect(peer.heard.of('actor-restarted')).toEqual([]);
    },
    600_000,
  );
});
