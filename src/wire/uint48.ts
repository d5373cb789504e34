/** Numbers below 2^48 in six bytes, big endian: exact in a double, and never used up. */

const LOW = 2 ** 32;
const LOW_AT = 2;

export function writeUint48(view: DataView, at: number, value: number): void {
  view.setUint16(at, Math.floor(value / LOW));
  view.setUint32(at + LOW_AT, value % LOW);
}

export function readUint48(view: DataView, at: number): number {
  return view.getUint16(at) * LOW + view.getUint32(at + LOW_AT);
}
