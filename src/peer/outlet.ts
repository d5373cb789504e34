/** Where a peer's events come out: held back until somebody listens, so that none of its start is lost. */
import { EventEmitter } from 'eventemitter3';
import { Observable } from 'rxjs';
import type { Told } from './api.js';
import type { PeerEvent } from './events.js';

/** More before the first listener than any start tells; what is older then goes. */
const HELD = 10_000;

const ANY = 'any';
const WATCHED = 'watched';

export class Outlet {
  readonly #emitter = new EventEmitter();
  #held: Told[] | undefined = [];
  #isClosed = false;

  tell(event: PeerEvent, ref?: string): void {
    const told: Told = ref === undefined ? event : { ...event, ref };
    this.#emitter.emit(event.type, told);
    this.#emitter.emit(WATCHED, told);
    if (this.#held !== undefined) {
      this.#held.push(told);
      if (this.#held.length > HELD) this.#held.shift();
    } else this.#emitter.emit(ANY, told);
  }

  on<T extends PeerEvent['type']>(
    type: T,
    listener: (event: Extract<PeerEvent, { type: T }> & { ref?: string }) => void,
  ): () => void {
    this.#emitter.on(type, listener);
    return () => void this.#emitter.off(type, listener);
  }

  /** Hears every event from now on, and holds none back from whoever comes later. @returns what stops it */
  watch(listener: (event: Told) => void): () => void {
    this.#emitter.on(WATCHED, listener);
    return () => void this.#emitter.off(WATCHED, listener);
  }

  /** Every event; completes after the last. */
  readonly events = new Observable<Told>((subscriber) => {
    const next = (told: Told) => subscriber.next(told);
    const end = () => subscriber.complete();
    for (const told of this.#held ?? []) subscriber.next(told);
    this.#held = undefined;
    if (this.#isClosed) return end();
    this.#emitter.on(ANY, next);
    this.#emitter.on('close', end);
    return () => {
      this.#emitter.off(ANY, next);
      this.#emitter.off('close', end);
    };
  });

  close(): void {
    this.#isClosed = true;
    this.#emitter.emit('close');
  }
}
