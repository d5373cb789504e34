/** Names that made other programs write where they should not. */
export const ESCAPING_COMPONENTS = [
  '..',
  '.',
  '',
  '..\\x',
  'a\\..\\..\\x',
  '\\\\server\\share',
  '\\\\?\\C:\\x',
  '\\\\.\\pipe\\x',
  'c:',
  'C:evil',
  'c:\\windows',
  'nul\0byte',
  '..\0',
  '.p2p-partial',
  '.P2P-Partial',
  '.p2p-partial. .',
  '.p2p\u200c-partial',
  'x'.repeat(256),
  '\u00e9'.repeat(128),
] as const;

export const ESCAPING_PATHS = [
  '../x',
  'a/../../x',
  '/etc/x',
  '//t/x',
  '/',
  'a//x',
  'c:/windows',
  '..',
  'a/..',
  './x',
  `${'d/'.repeat(32)}x`,
  `${'y'.repeat(250)}/`.repeat(4).concat('y'.repeat(250)),
] as const;

/** Each bad component at the start, in the middle and at the end of a path. */
export const ESCAPES: readonly string[] = [
  ...ESCAPING_PATHS,
  ...ESCAPING_COMPONENTS.flatMap((bad) => [`${bad}/x`, `a/${bad}/x`, `a/${bad}`]),
];
