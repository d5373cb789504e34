/** The four ports of one peer: base N and the three above it. The next peer on a machine takes N+4. */
export type Ports = {
  readonly mesh: number;
  readonly transfer: number;
  readonly distributor: number;
  readonly receiver: number;
};

/** How many ports one peer takes. */
export const PORTS_PER_PEER = 4;

/** @param base 1 to 65532, so that base + 3 is a port too. */
export function portsFrom(base: number): Ports {
  return { mesh: base, transfer: base + 1, distributor: base + 2, receiver: base + 3 };
}
