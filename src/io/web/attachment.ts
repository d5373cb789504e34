/** How a browser is told to save bytes under a name of somebody else's, and never to show them. Pure (RFC 6266, RFC 8187). */
import { printable } from '#src/domain/printable.js';

/** What separates folders, or means something to a shell of some system; quotes and percent signs, to a header. */
const UNSAFE = /["%*/:<>?\\|]/g;
const NOT_ASCII = /[^ -~]/g;

/** `encodeURIComponent` leaves these as they are, a header does not. */
const LEFT_OVER = /['()*]/g;

export function attachment(name: string): string {
  const safe = printable(name).replaceAll(UNSAFE, '_');
  const visible = /^[. ]*$/.test(safe) ? 'file' : safe;
  const ascii = visible.replaceAll(NOT_ASCII, '_');
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded(visible)}`;
}

function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    LEFT_OVER,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
