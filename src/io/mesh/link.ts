/** The two streams of a link: dialling it, and telling our catalogue on it. */
import {
  catchError,
  defer,
  EMPTY,
  from,
  ignoreElements,
  Observable,
  of,
  repeat,
  switchMap,
  take,
  takeUntil,
  timer,
} from 'rxjs';
import type { Offering } from '#src/domain/catalogue/offering.js';
import type { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { DialTarget } from '#src/domain/peers/link-news.js';
import { dialChannel } from '#src/io/net/channel.js';
import { openSession, type Session, type SessionOptions } from '#src/io/net/session.js';
import type { Role } from '#src/wire/hello.js';
import { encodeMessage } from '#src/wire/message.js';

/** At most four offers a second: progress of a download looks smooth and a link stays nearly idle. */
const OFFER_MS = 250;

export type LinkOptions = SessionOptions & {
  readonly credentials: Parameters<typeof dialChannel>[0]['credentials'];
  /** Asked once the other is proven, before anything is said. */
  readonly refusal: (peer: PeerId) => P2pError | undefined;
};

/** Emits the session and completes, or errors with a P2pError. Whoever unsubscribes before gets none. */
export function dialLink(
  target: DialTarget,
  options: LinkOptions,
  role: Role = 'link',
): Observable<Session> {
  return new Observable((subscriber) => {
    openLink(target, options, role).then(
      (session) => {
        if (subscriber.closed) session.destroy();
        subscriber.next(session);
        subscriber.complete();
      },
      (error: unknown) => subscriber.error(error),
    );
  });
}

async function openLink(target: DialTarget, options: LinkOptions, role: Role): Promise<Session> {
  const channel = await dialChannel({ ...target, credentials: options.credentials });
  const refusal = options.refusal(channel.peerId);
  if (refusal !== undefined) {
    channel.socket.destroy();
    throw refusal;
  }
  return openSession(channel, role, options);
}

/**
 * Tells the whole catalogue as fast as the other reads, then what changes, at a measured pace.
 * Emits nothing; ends with the session. @param touched emits when `offering` may have something to tell.
 */
export function tellCatalogue(
  session: Session,
  offering: Offering,
  touched: Observable<void>,
): Observable<never> {
  const somethingToTell = defer(() => (offering.idle ? touched.pipe(take(1)) : of(undefined)));
  const nextTurn = () =>
    offering.told ? timer(OFFER_MS).pipe(switchMap(() => somethingToTell)) : of(undefined);
  return defer(() => from(tellPage(session, offering))).pipe(
    repeat({ delay: nextTurn }),
    ignoreElements(),
    takeUntil(session.closed),
    // A session that ended while it was written to; `received` says how.
    catchError(() => EMPTY),
  );
}

async function tellPage(session: Session, offering: Offering): Promise<void> {
  const page = offering.next();
  if (page !== undefined) await session.write(encodeMessage({ type: 'offer', ...page }));
}
