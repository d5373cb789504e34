/**
 * A process that the bench started: what it says line by line, what it uses, and how it is ended. Everything
 * that is started here is ended here, by its own id and nothing else's.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Five times what the slowest step takes on the machine this was written on. */
const PATIENCE_MS = 120_000;

/** Time to say goodbye before a process is killed. */
const GOODBYE_MS = 5_000;

/** The end of what a failed process wrote to stderr: enough to see why. */
const KEPT_STDERR_CHARACTERS = 2_000;

const living = new Set();
let isEnding = false;

/** Ends every process of the bench that still runs, and lets no other start. */
export async function endAll() {
  isEnding = true;
  await Promise.all(Array.from(living, (child) => child.end()));
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ label: string, env?: Record<string, string>, stdin?: 'pipe' | 'ignore' }} options
 */
export function launch(command, args, options) {
  if (isEnding) throw new Error('interrupted');
  const env = { ...plainEnvironment(), ...options.env };
  const child = spawn(command, args, { env, stdio: [options.stdin ?? 'pipe', 'pipe', 'pipe'] });
  const lines = new Lines();
  const problem = { stderr: '' };
  child.stderr.on('data', (text) => {
    problem.stderr = (problem.stderr + text).slice(-KEPT_STDERR_CHARACTERS);
  });
  // A process that has ended takes no more lines; its `gone` says so.
  child.stdin?.on('error', () => {});
  createInterface({ input: child.stdout }).on('line', (line) => lines.add(line));
  const gone = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(`exit ${code ?? signal}`));
  });
  const process_ = {
    pid: child.pid ?? 0,
    gone,
    say: (line) => child.stdin.write(`${line}\n`),
    signal: (name) => child.kill(name),
    /** The first line, said before or later, of which `test` is true, with the time it came. */
    when: (test) => lines.when(test, options.label),
    /** Calls it with each line, said before or later, and the time it came. */
    each: (hear) => lines.each(hear),
    /** Asks it to end, then makes it. */
    async end() {
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), GOODBYE_MS);
      await gone;
      clearTimeout(killer);
    },
  };
  living.add(process_);
  void gone.then((how) => {
    living.delete(process_);
    lines.finish(`${options.label} ended (${how}): ${problem.stderr.trim()}`);
  });
  return process_;
}

/** Without our user's p2p settings and Node options: a measurement depends on what it sets itself. */
function plainEnvironment() {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('P2P_') && !name.startsWith('NODE_') && !name.startsWith('npm_'),
  );
  return Object.fromEntries(kept);
}

/** What a process said, each line with the time it came: JSON as it is, anything else as `text`. */
class Lines {
  #seen = [];
  #waiting = new Set();
  #ending;
  #hearers = new Set();

  each(hear) {
    this.#hearers.add(hear);
    for (const line of this.#seen) hear(line);
  }

  add(text) {
    const value = text.startsWith('{') ? JSON.parse(text) : { type: 'text', text };
    const line = { at: performance.now(), value };
    this.#seen.push(line);
    for (const hear of this.#hearers) hear(line);
    for (const waiter of this.#waiting) waiter.look(line);
  }

  finish(reason) {
    this.#ending = reason;
    for (const waiter of this.#waiting) waiter.fail(reason);
  }

  when(test, label) {
    const found = this.#seen.find((line) => test(line.value));
    if (found !== undefined) return Promise.resolve(found);
    if (this.#ending !== undefined) return Promise.reject(new Error(this.#ending));
    return new Promise((resolve, reject) => {
      const settle = (act) => {
        clearTimeout(timer);
        this.#waiting.delete(waiter);
        act();
      };
      const waiter = {
        look: (line) => test(line.value) && settle(() => resolve(line)),
        fail: (reason) => settle(() => reject(new Error(reason))),
      };
      const timer = setTimeout(() => waiter.fail(`${label} did not answer`), PATIENCE_MS);
      this.#waiting.add(waiter);
    });
  }
}
