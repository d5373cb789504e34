/**
 * Where the files of threads lie. Compiled as it is (`dist/src/actor/`) or bundled into a program
 * (`dist/bundle/cli/`), this code lies two folders below `dist/`; the build keeps it so.
 *
 * While coverage is measured the unbundled ones are taken: what a bundle leaves out of a module would count as
 * covered, since nothing in it can be mapped back to those lines.
 */

/** @param name a file of `workers/`, without its ending. */
export function threadFile(name: string): URL {
  const folder = process.env['NODE_V8_COVERAGE'] === undefined ? 'threads' : 'workers';
  return new URL(`../../${folder}/${name}.js`, import.meta.url);
}
