/** How often a test breaks something: a few times with the other tests, many times in `npm run test:faults`. */
export function rounds({ small, full }: { readonly small: number; readonly full: number }): number {
  return process.env['FAULTS'] === 'full' ? full : small;
}
