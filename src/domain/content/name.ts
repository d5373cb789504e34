/**
 * The one gate for names: every name that comes from another peer or from a folder passes here before it is
 * joined to a path. Two kinds of bad name:
 * - an *escape* reaches outside of the folder it is meant for, on some system; it is refused on every one,
 *   and a manifest that carries it comes from a hostile sender;
 * - an *unusable* name only cannot be written here: that entry is refused, the rest arrives.
 * Nothing is repaired or renamed. The lessons are the path bugs of LocalSend, magic-wormhole, libtorrent,
 * git and rsync: check every component, on every system, in one place.
 */

/** The rules for names here; a sharer asks with `posix`, which refuses only what no one could take. */
export type Platform = 'posix' | 'win32';

export type NameVerdict =
  | { readonly kind: 'ok' }
  | { readonly kind: 'escape'; readonly why: string }
  | { readonly kind: 'unusable'; readonly why: string };

/** Where unfinished downloads are staged, inside the download folder. No share may write into it. */
export const STAGING_NAME = '.p2p-partial';

export const NAME_LIMITS = {
  /** NAME_MAX of Linux and macOS, in UTF-8 bytes. */
  componentBytes: 255,
  /** A quarter of Linux's PATH_MAX and all of macOS's: leaves room for the folder it is put in. */
  pathBytes: 1024,
  /** Deeper trees are an attack on recursion or an accident. */
  depth: 32,
} as const;

const OK: NameVerdict = { kind: 'ok' };
const DRIVE = /^[a-z]:/i;
// C0, DEL and C1; and under the `u` flag a surrogate is a lone one.
const CONTROL = /\p{Cc}/u;
const LONE_SURROGATE = /\p{Cs}/u;
const WINDOWS_CHARACTERS = /[<>:"|?*]/;
const WINDOWS_DEVICE =
  /^(con|prn|aux|nul|(com|lpt)[0-9\u00b9\u00b2\u00b3]|conin\$|conout\$)\s*(\.|$)/i;
// Characters that some file systems ignore when they compare names.
const IGNORABLE = /[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;
const encoder = new TextEncoder();

/** @param path components joined by `/`, as a manifest holds them, relative and not empty. */
export function checkPath(path: string, platform: Platform): NameVerdict {
  if (path === '') return escapes('is empty');
  if (isLonger(path, NAME_LIMITS.pathBytes)) {
    return escapes(`is longer than ${NAME_LIMITS.pathBytes} bytes`);
  }
  const components = path.split('/');
  if (components.length > NAME_LIMITS.depth) {
    return escapes(`is deeper than ${NAME_LIMITS.depth} levels`);
  }
  let unusable: NameVerdict | undefined;
  for (const component of components) {
    const verdict = checkComponent(component, platform);
    if (verdict.kind === 'escape') return verdict;
    if (verdict.kind === 'unusable') unusable ??= verdict;
  }
  return unusable ?? OK;
}

const SLASH = 0x2f;

/** By byte, what may stand in a path that needs no closer look: printable ASCII without backslash and colon. */
const PLAIN_BYTES = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f && byte !== 0x5c && byte !== 0x3a ? 1 : 0,
);

/**
 * Whether `checkPath` on POSIX says ok, by a look at the bytes alone: true of most paths by far, and twenty times as
 * fast. False says nothing. @param path from its byte `start` to before `end`.
 */
export function isPlainPath(path: Uint8Array, start = 0, end = path.length): boolean {
  // No component of it is too long then.
  if (end - start > NAME_LIMITS.componentBytes) return false;
  let depth = 1;
  let before = SLASH;
  for (let at = start; at < end; at += 1) {
    const byte = path[at] ?? SLASH;
    // An empty component, or one that starts with a dot, as all do that mean something.
    if (before === SLASH && (byte === SLASH || byte === 0x2e)) return false;
    if (PLAIN_BYTES[byte] === 0) return false;
    if (byte === SLASH) depth += 1;
    before = byte;
  }
  return before !== SLASH && depth <= NAME_LIMITS.depth;
}

/** @param name what a share is called: one component. */
export function checkName(name: string, platform: Platform): NameVerdict {
  return name.includes('/') ? escapes('contains a separator') : checkPath(name, platform);
}

/**
 * Which of `paths` cannot be written beside those before them, because the target folder sees two names as
 * one; what lies below a refused directory is refused with it.
 * @param paths in manifest order, parents before children. @param folds whether the target folder folds
 * case or normalises. @returns positions in `paths`, ascending.
 */
export function collisions(paths: readonly string[], folds: boolean): readonly number[] {
  if (!folds) return [];
  const taken = new Set<string>();
  const refusedPaths = new Set<string>();
  const refused: number[] = [];
  for (const [position, path] of paths.entries()) {
    const folded = foldName(path);
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (taken.has(folded) || refusedPaths.has(parent)) {
      refusedPaths.add(path);
      refused.push(position);
    } else {
      taken.add(folded);
    }
  }
  return refused;
}

/**
 * A name as a folding file system compares it: canonical caseless matching (Unicode 3.13, D145). Lower,
 * upper, lower is full case folding by the means of the language: it takes both sharp s to `ss`.
 */
export function foldName(name: string): string {
  return name.normalize('NFD').toLowerCase().toUpperCase().toLowerCase().normalize('NFC');
}

function checkComponent(component: string, platform: Platform): NameVerdict {
  if (component === '') return escapes('has an empty component');
  if (component === '.' || component === '..') return escapes(`contains '${component}'`);
  if (component.includes('\0')) return escapes('contains NUL');
  if (component.includes('\\')) return escapes('contains a separator');
  if (DRIVE.test(component)) return escapes('starts like a drive');
  if (isLonger(component, NAME_LIMITS.componentBytes)) {
    return escapes(`has a component longer than ${NAME_LIMITS.componentBytes} bytes`);
  }
  if (isStagingName(component)) return escapes(`is ${STAGING_NAME}, where downloads are staged`);
  if (CONTROL.test(component)) return unusable('contains control characters');
  if (LONE_SURROGATE.test(component)) return unusable('is not valid Unicode');
  return platform === 'win32' ? checkWindows(component) : OK;
}

function checkWindows(component: string): NameVerdict {
  if (WINDOWS_CHARACTERS.test(component)) {
    return unusable('contains one of < > : " | ? *, which Windows refuses');
  }
  if (/[. ]$/.test(component)) return unusable('ends in a dot or space, which Windows drops');
  if (WINDOWS_DEVICE.test(component)) return unusable('is the name of a Windows device');
  return OK;
}

/** Printable ASCII without a dot in front: most names by far, and none of them folds to the staging folder's. */
const PLAIN = /^[\x20-\x2d\x2f-\x7e][\x20-\x7e]*$/;

// Trailing dots and spaces too, which Windows drops before it compares.
function isStagingName(component: string): boolean {
  if (component.length < STAGING_NAME.length || PLAIN.test(component)) return false;
  return foldName(component.replace(IGNORABLE, '')).replace(/[. ]+$/, '') === STAGING_NAME;
}

/** In UTF-8, where a code unit takes one to three bytes: most names need no encoding to tell. */
function isLonger(text: string, bytes: number): boolean {
  if (text.length > bytes) return true;
  return text.length * 3 > bytes && encoder.encode(text).length > bytes;
}

function escapes(why: string): NameVerdict {
  return { kind: 'escape', why };
}

function unusable(why: string): NameVerdict {
  return { kind: 'unusable', why };
}
