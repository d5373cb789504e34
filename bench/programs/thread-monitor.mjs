/**
 * Loaded into every thread of a peer before its own code (`--import`): measures how late the event loop is, or
 * takes a profile, between two SIGUSR2 to the process. The first is answered by a line `monitor-begun`, the
 * second by a line `monitor-ended` with what every thread found.
 *
 * A thread that starts later begins with itself. Threads speak through a BroadcastChannel of their process.
 */
import { Socket } from 'node:net';
import { basename } from 'node:path';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';

const { createProbe } = await import(process.env.BENCH_PROBE);
const channel = new BroadcastChannel('p2p-bench');

let hasDialled = false;
const probe = await createProbe(threadId);

/** Pool threads have no name. Those that dial carry requests, the other one hashes. */
function threadName() {
  if (isMainThread) return 'main';
  const file = basename(process.argv[1], '.js');
  if (file !== 'worker') return file;
  return hasDialled ? 'request' : 'hasher';
}

function follow() {
  const connect = Reflect.get(Socket.prototype, 'connect');
  Socket.prototype.connect = function noted(...options) {
    hasDialled = true;
    return Reflect.apply(connect, this, options);
  };
  channel.addEventListener('message', ({ data: order }) => {
    if (order === 'begin' || order === 'end') void answer(order);
  });
  channel.unref();
  channel.postMessage({ hello: threadId });
}

async function answer(order) {
  channel.postMessage({ thread: threadId, found: await obey(order) });
}

async function obey(order) {
  if (order === 'begin') return probe.begin();
  return { thread: threadName(), threadId, ...(await probe.end()) };
}

function conduct() {
  const threads = new Set();
  let round = new Round([]);
  channel.addEventListener('message', ({ data }) => {
    if (data.hello === undefined) round.take(data);
    else threads.add(data.hello);
  });
  channel.unref();
  const ask = async (order, type) => {
    round = new Round(threads);
    channel.postMessage(order);
    const own = await obey(order);
    const others = await round.complete;
    process.stdout.write(`${JSON.stringify({ type, threads: [own, ...others] })}\n`);
  };
  process.once('SIGUSR2', () => {
    process.once('SIGUSR2', () => void ask('end', 'monitor-ended'));
    void ask('begin', 'monitor-begun');
  });
}

/** The answers to one order, until all have come who were there when it was given. */
class Round {
  #waiting;
  #found = [];
  #done;

  constructor(threads) {
    this.#waiting = new Set(threads);
    this.complete = new Promise((resolve) => {
      this.#done = resolve;
    });
    this.#look();
  }

  take({ thread, found }) {
    this.#waiting.delete(thread);
    this.#found.push(found);
    this.#look();
  }

  #look() {
    if (this.#waiting.size === 0) this.#done(this.#found);
  }
}

if (isMainThread) conduct();
else follow();
