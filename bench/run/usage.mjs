/** What a process has used so far, as the kernel counts it. */
import { readdirSync, readFileSync } from 'node:fs';

/** The kernel tells times in these, on every machine that Node runs on (USER_HZ). */
const TICKS_A_SECOND = 100;

/** Places of user and system time in /proc/PID/stat, counted from behind the name in brackets. */
const PARENT = 1;
const USER_TIME = 11;
const SYSTEM_TIME = 12;

/** @returns seconds of processor time, of all threads. */
export function cpuSeconds(pid) {
  return secondsIn(statOf(pid));
}

/**
 * @param {{ pid: number }[]} except what is told on its own
 * @returns seconds of processor time of everything else that this process, and what it started, has running: of a browser, which
 *   is a dozen processes.
 */
export function offspringSeconds(except) {
  const apart = new Set(except.map(({ pid }) => pid));
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const all = new Map(pids.map((pid) => [Number(pid), statIfThere(pid)]));
  const isOurs = (pid) => {
    if (pid === process.pid) return true;
    const parent = Number(all.get(pid)?.[PARENT] ?? 0);
    return !apart.has(pid) && parent !== 0 && isOurs(parent);
  };
  const ours = [...all.keys()].filter((pid) => pid !== process.pid && isOurs(pid));
  return ours.reduce((sum, pid) => sum + secondsIn(all.get(pid)), 0);
}

function statOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** It may end while it is looked for. */
function statIfThere(pid) {
  try {
    return statOf(pid);
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(error.code)) return undefined;
    throw error;
  }
}

function secondsIn(fields) {
  return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) / TICKS_A_SECOND;
}

/** @returns the most memory it ever had, in bytes. */
export function peakBytes(pid) {
  const [, kibibytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

/** @returns the memory it has now, in bytes. */
export function residentBytes(pid) {
  const [, kibibytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

/** Places in the first line of /proc/stat: all but idle and waiting for disks is work of somebody. */
const IDLE = 3;
const WAITING = 4;
const STOLEN = 7;

/**
 * @returns a function that tells, from now on, which shares of all processor time others on this machine took,
 *   and the host below it: what they took is missing in every figure.
 */
export function watchOthers() {
  const before = machineTicks();
  return () => {
    const now = machineTicks();
    const all = now.all - before.all;
    return {
      others: Math.max(0, (now.busy - before.busy - (now.own - before.own)) / all),
      host: (now.stolen - before.stolen) / all,
    };
  };
}

function machineTicks() {
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].trim().split(/\s+/);
  // What comes after the stolen time is counted in others' fields already.
  const ticks = fields.slice(0, STOLEN + 1).map(Number);
  const all = ticks.reduce((sum, one) => sum + one, 0);
  const busy = all - ticks[IDLE] - ticks[WAITING] - ticks[STOLEN];
  // Our own time and that of every child that has ended.
  const own = statOf('self').slice(USER_TIME, USER_TIME + 4);
  return { all, busy, stolen: ticks[STOLEN], own: own.reduce((sum, one) => sum + Number(one), 0) };
}
