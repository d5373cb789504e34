import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { allOperations, openApi } from '#src/api/open-api.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

type Described = { readonly operationId: string; readonly parameters: readonly Parameter[] };
type Parameter = { readonly name: string; readonly in: string; readonly required: boolean };

const { paths } = openApi() as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
};

describe('the document of the API', () => {
  it('is the table of operations: `npx vitest run dist/test/api --update` writes it', async () => {
    const text = `${JSON.stringify(openApi(), undefined, 2)}\n`;
    await expect(text).toMatchFileSnapshot(join(ROOT, 'docs', 'openapi.json'));
  });

  it('has every operation once, and names the fields of its path', () => {
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.values(methods).map((one) => ({ path, ...one })),
    );
    expect(described.map(({ operationId }) => operationId).toSorted()).toEqual(
      Object.keys(allOperations).toSorted(),
    );
    for (const { path, parameters } of described) {
      const inPath = parameters.filter((one) => one.in === 'path').map(({ name }) => `{${name}}`);
      expect(path.match(/\{\w+\}/g) ?? []).toEqual(inPath);
    }
  });
});
