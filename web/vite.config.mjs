// Builds the page into dist/page. `build.mjs` calls it once the rest is compiled: the table of operations comes from there.
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const web = fileURLToPath(new URL('.', import.meta.url));
const root = join(web, '..');

/** Of each operation what a request needs, without the shapes by which the peer checks it. */
function operations() {
  const name = 'virtual:operations';
  return {
    name,
    resolveId: (id) => (id === name ? `\0${name}` : null),
    async load(id) {
      if (id !== `\0${name}`) return null;
      const table = (file) => import(pathToFileURL(join(root, 'dist', 'src', 'api', file)));
      const { operations: all } = await table('operations.js');
      const { fileOperations } = await table('file-operations.js');
      const asked = { ...all, makeLink: fileOperations.makeLink };
      const routes = Object.entries(asked).map(([key, { method, path, input }]) => {
        const names = Object.keys(input.properties).map((field) => [field, {}]);
        return [key, { method, path, input: { properties: Object.fromEntries(names) } }];
      });
      return `export const operations = ${JSON.stringify(Object.fromEntries(routes))};`;
    },
  };
}

export default defineConfig({
  root: web,
  configFile: false,
  logLevel: 'warn',
  plugins: [operations(), svelte({ configFile: false })],
  resolve: {
    alias: [
      { find: /^#web\/(.*)\.js$/, replacement: join(web, '$1.ts') },
      { find: /^#src\/(.*)\.js$/, replacement: join(root, 'src', '$1.ts') },
    ],
  },
  build: {
    outDir: join(root, 'dist', 'page'),
    emptyOutDir: true,
    // As old as what `light-dark()` in the style sheet needs.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // Nothing inline: the page's policy forbids it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
