/**
 * An actor's inbox: it keeps messages until somebody listens, then is a plain hot stream that any part of
 * the actor may subscribe to. What it keeps is bounded by the host, which counts what was never taken.
 */
import { Observable, Subject } from 'rxjs';

export type Inbox<In> = {
  readonly messages: Observable<In>;
  /** @param taken called once a subscriber has had the message. */
  put(message: In, taken: () => void): void;
  /** Completes the stream, after all that was kept. */
  complete(): void;
};

export function createInbox<In>(): Inbox<In> {
  const heard = new Subject<In>();
  const kept: (() => void)[] = [];
  let open = false;
  let opening = false;

  const later = (deliver: () => void) => {
    if (open) deliver();
    else kept.push(deliver);
  };
  // At the end of the turn, so that every subscription made in the same turn hears all of it.
  const openSoon = () => {
    if (opening) return;
    opening = true;
    queueMicrotask(() => {
      // What arrives meanwhile is kept too, and so heard in its turn.
      for (let next = kept.shift(); next !== undefined; next = kept.shift()) next();
      open = true;
    });
  };

  return {
    messages: new Observable<In>((subscriber) => {
      const subscription = heard.subscribe(subscriber);
      openSoon();
      return subscription;
    }),
    put: (message, taken) =>
      later(() => {
        heard.next(message);
        taken();
      }),
    complete: () => later(() => heard.complete()),
  };
}
