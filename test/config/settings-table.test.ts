import { expect, it } from 'vitest';
import { leaves } from '#config/leaves.js';
import { settingsDocument } from '#config/settings-table.js';

it('docs/settings.md is what the schema says; renew it with `vitest run dist/test/config/settings-table.test.js --update`', async () => {
  await expect(settingsDocument()).toMatchFileSnapshot(`${process.cwd()}/docs/settings.md`);
});

it('every setting has a variable named after its path, but for the folder of downloads', () => {
  for (const { path, leaf } of leaves) {
    const expected = path.replaceAll('.', '_').replaceAll(/[A-Z]/g, '_$&').toUpperCase();
    expect(leaf.env).toBe(path === 'downloads.folder' ? 'P2P_DOWNLOADS' : `P2P_${expected}`);
  }
});

it('every setting says what it is, and every default is one of its values', () => {
  for (const { leaf } of leaves) {
    expect(leaf.doc).toMatch(/\.$/);
    expect(leaf.kind.accepts(leaf.default)).toBe(true);
  }
});
