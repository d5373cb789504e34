/** The data folder of a peer that lives for one command, and what it is to begin without though it is kept there. */
import { join } from 'node:path';
import { openDatabase } from '#src/io/disk/database.js';
import { defaultToolFolder, thisMachine } from '#src/io/disk/platform-folders.js';
import { interruptedOf } from '#src/peer/sends/interrupted-sends.js';

/** Inside the data folder: what belongs to commands lies beside what belongs to the peer. */
const FOLDER = 'oneshot';

/** @param data as it was given. @param name of the command, with a number where several run. */
export function oneshotFolder(
  data: string | null,
  env: Readonly<Record<string, string | undefined>>,
  name: string,
): string {
  const own = join(FOLDER, name);
  return data === null ? defaultToolFolder(thisMachine(), env, own) : join(data, own);
}

/**
 * What was fetched for an earlier command is none of this one's: a name means what others have now, and goes where this one
 * says. Offers of one that was killed are not made again but by the same command. What is half here stays, and goes on when
 * it is asked for.
 * @throws P2pError `data-in-use` where another command is at it, `data-failed`
 */
export async function forgetEarlier(data: string): Promise<void> {
  const { database } = await openDatabase(data);
  try {
    for (const [path] of await database.all('received')) await database.remove('received', path);
    const sends = (await database.all('sends')).map(([, record]) => record);
    const kept = new Map(interruptedOf(sends).map((record) => [record.offerId, record]));
    for (const { offerId } of sends) {
      const record = kept.get(offerId);
      if (record === undefined) await database.remove('sends', offerId);
      else await database.put('sends', offerId, record);
    }
  } finally {
    await database.close();
  }
}
