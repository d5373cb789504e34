import { join } from 'node:path';
import { filter, firstValueFrom, ReplaySubject, Subject } from 'rxjs';
import type { Known } from '#src/io/content/index-job.js';
import type { In, Out } from '#workers/hasher.js';
import { hasher } from '#workers/hasher.js';
import { newFolder } from './folders.js';

type Answer = Exclude<Out, { type: 'progress' }>;

/** The actor as a function, its folders, and a way to ask it for one thing and hear the answer. */
export function startHasher() {
  const folder = newFolder();
  const inbox = new Subject<In>();
  const out = new ReplaySubject<Out>();
  const running = hasher({ manifests: join(folder, 'manifests') }, inbox).subscribe(out);
  const path = join(folder, 'shared');
  const fingerprints = join(folder, 'looks');
  let job = 0;
  const ask = async (message: In): Promise<Answer> => {
    const answer = firstValueFrom(
      out.pipe(
        filter((said): said is Answer => said.type !== 'progress' && said.job === message.job),
      ),
    );
    inbox.next(message);
    return answer;
  };
  const index = async (known?: Known) => {
    job += 1;
    const message: In = { type: 'index', job, path, fingerprints };
    const answer = await ask(known === undefined ? message : { ...message, known });
    if (answer.type !== 'indexed') throw new Error(JSON.stringify(answer));
    return answer;
  };
  return { folder, path, fingerprints, inbox, out, running, ask, index };
}
