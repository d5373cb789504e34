/** Which bytes of a file a request wants: one range, as in RFC 9110, chapter 14. Pure. */

/** `to` is not among them. */
export type ByteRange = { readonly from: number; readonly to: number };

const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/** @param header what `Range` says. Several ranges, and what is none, mean all of it: nobody has to give ranges. */
export function rangeOf(
  header: string | undefined,
  bytes: number,
): ByteRange | 'all' | 'unsatisfiable' {
  const [, first = '', last = ''] = RANGE.exec(header?.replaceAll(' ', '') ?? '') ?? [];
  if (first === '' && last === '') return 'all';
  if (first === '') return checked(Math.max(0, bytes - Number(last)), bytes);
  const to = last === '' ? bytes : Math.min(bytes, Number(last) + 1);
  if (last !== '' && Number(last) < Number(first)) return 'all';
  return checked(Number(first), to);
}

function checked(from: number, to: number): ByteRange | 'unsatisfiable' {
  return from < to ? { from, to } : 'unsatisfiable';
}
