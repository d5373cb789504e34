/** How often a fault is tried: a few times in `npm test`, many in `npm run test:faults`. */
export function rounds({ small, full }: { readonly small: number; readonly full: number }): number {
  return process.env['FAULTS'] === 'full' ? full : small;
}
