// Builds dist/: TypeScript compiles every folder as it is (types, tests, library modules), then esbuild
// bundles what a user starts: the terminal program, the library entry and one file per thread, because a
// thread pays for every module it imports (start-up time and memory), and Vite the page. A bundled file lies as deep below
// dist/ as the source files do, so `../../threads/` means the same from both.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

function located(tool) {
  try {
    return require.resolve(tool);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    console.error(
      `p2p: cannot build, ${tool.split('/')[0]} is not installed. ` +
        'NODE_ENV=production leaves build tools out: run `npm ci --include=dev`.',
    );
    return process.exit(1);
  }
}

const tsc = join(dirname(located('typescript/package.json')), 'bin', 'tsc');
located('esbuild');
const { build } = await import('esbuild');

rmSync(join(root, 'dist'), { recursive: true, force: true });
const compiled = spawnSync(process.execPath, [tsc, '-p', root], { stdio: 'inherit' });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

const threads = readdirSync(join(root, 'workers')).filter((file) => file.endsWith('.ts'));
const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
  // Node would be given rxjs as CommonJS, which cannot be cut down to the operators that are used.
  alias: { rxjs: join(dirname(located('rxjs/package.json')), 'dist', 'esm', 'index.js') },
  // These carry native code, start threads of their own, or are loaded once in a peer's life.
  external: [
    '@napi-rs/blake-hash',
    '@parcel/watcher',
    'classic-level',
    'piscina',
    '@peculiar/x509',
    'reflect-metadata',
  ],
  // Bundled CommonJS packages call require(); an ES module has to make one.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};
// Of one that loads a part of itself later, that part is a file of its own. All others are one file: a thread starts sooner.
const split = ['web.ts'];
for (const splitting of [false, true]) {
  const files = threads.filter((file) => split.includes(file) === splitting);
  const entryPoints = files.map((file) => `workers/${file}`);
  await build({ ...shared, entryPoints, outdir: 'dist/threads', splitting });
}
await build({
  ...shared,
  entryPoints: { 'cli/main': 'src/cli/main.ts', 'lib/peer': 'src/peer.ts' },
  outdir: 'dist/bundle',
});
await buildPage();

/** @returns when the page lies in dist/page; says how much a browser reads of it. */
async function buildPage() {
  const { build: bundle } = await import('vite');
  const { default: config } = await import('./web/vite.config.mjs');
  await bundle(config);
  const assets = join(root, 'dist', 'page', 'assets');
  const scripts = readdirSync(assets).filter((file) => file.endsWith('.js'));
  const bytes = scripts.map((file) => gzipSync(readFileSync(join(assets, file))).length);
  const kilobytes = bytes.reduce((sum, one) => sum + one, 0) / 1000;
  console.log(`page: ${kilobytes.toFixed(1)} kB of JavaScript, compressed`);
}
