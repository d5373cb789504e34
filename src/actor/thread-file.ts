/**
 * Where the bundled threads lie. Compiled as it is (`dist/src/actor/`) or bundled into a program
 * (`dist/bundle/cli/`), this code lies two folders below `dist/`; the build keeps it so.
 */

/** @param name a file of `workers/`, without its ending. */
export function threadFile(name: string): URL {
  return new URL(`../../threads/${name}.js`, import.meta.url);
}
