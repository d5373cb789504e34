/** How a request of the older kind ends: a promise that settles however it does. */
import { AskError, refusalIn } from './failure.js';

/** What is needed of an `XMLHttpRequest`. */
type OlderRequest = Pick<EventTarget, 'addEventListener'> & {
  readonly status: number;
  readonly responseText: string;
};

const ENDS_WITHOUT_ANSWER = {
  error: 'the peer does not answer',
  abort: 'the browser gave it up before it had arrived: try again',
  timeout: 'the peer did not answer in time: try again',
};

/** @throws AskError where it is refused or ends without an answer. */
export function answered(request: OlderRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    for (const [end, message] of Object.entries(ENDS_WITHOUT_ANSWER)) {
      request.addEventListener(end, () => reject(new AskError('gone', message)));
    }
    request.addEventListener('load', () => {
      if (request.status === 200) resolve();
      else reject(refusalIn(request.status, request.responseText));
    });
  });
}
