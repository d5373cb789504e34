/**
 * Which new connections a listener lets in: bounded in all, in those that have not proven who they are, and
 * in how many come from one address. Pure: the listener tells what happens and asks; `now` is monotonic ms.
 */

/** Ten seconds are a slow machine's handshake many times over; 64 of them waiting cost a few MiB. */
export const ADMISSION = {
  handshakeMs: 10_000,
  unproven: 64,
  unprovenPerAddress: 8,
  connections: 256,
  newPerSecondPerAddress: 64,
  perPeerAndRole: 4,
} as const;

type Window = { second: number; count: number };

export class Admission {
  readonly #unproven = new Map<string, number>();
  readonly #windows = new Map<string, Window>();
  readonly #peers = new Map<string, number>();
  #unprovenTotal = 0;
  #connections = 0;

  get connections(): number {
    return this.#connections;
  }

  /** A connection arrives. @returns whether to take it; every taken one is `proven` or `dropped` later. */
  arrive(address: string, now: number): boolean {
    if (this.#connections >= ADMISSION.connections) return false;
    if (this.#unprovenTotal >= ADMISSION.unproven) return false;
    if (!isLoopback(address) && !this.#fits(address, now)) return false;
    this.#unproven.set(address, (this.#unproven.get(address) ?? 0) + 1);
    this.#unprovenTotal += 1;
    this.#connections += 1;
    return true;
  }

  /** A taken connection has proven its key. @returns whether this peer may have one more in this role. */
  prove(address: string, peerAndRole: string): boolean {
    this.#settle(address);
    const held = this.#peers.get(peerAndRole) ?? 0;
    if (held >= ADMISSION.perPeerAndRole) {
      this.#connections -= 1;
      return false;
    }
    this.#peers.set(peerAndRole, held + 1);
    return true;
  }

  /** A taken connection ended before it proved anything. */
  drop(address: string): void {
    this.#settle(address);
    this.#connections -= 1;
  }

  /** A proven connection ended. */
  leave(peerAndRole: string): void {
    decrease(this.#peers, peerAndRole);
    this.#connections -= 1;
  }

  #settle(address: string): void {
    decrease(this.#unproven, address);
    this.#unprovenTotal -= 1;
  }

  #fits(address: string, now: number): boolean {
    if ((this.#unproven.get(address) ?? 0) >= ADMISSION.unprovenPerAddress) return false;
    const second = Math.floor(now / 1000);
    const window = this.#windows.get(address);
    if (window === undefined || window.second !== second) {
      this.#forgetOldWindows(second);
      this.#windows.set(address, { second, count: 1 });
      return true;
    }
    window.count += 1;
    return window.count <= ADMISSION.newPerSecondPerAddress;
  }

  #forgetOldWindows(second: number): void {
    if (this.#windows.size < 1024) return;
    for (const [address, window] of this.#windows) {
      if (window.second !== second) this.#windows.delete(address);
    }
  }
}

/** All peers of one machine share the loopback address, so it is exempt from the per-address bounds. */
function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.');
}

function decrease(counts: Map<string, number>, key: string): void {
  const count = counts.get(key) ?? 0;
  if (count > 1) counts.set(key, count - 1);
  else counts.delete(key);
}
