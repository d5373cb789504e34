/** What a process has used so far, as the kernel counts it. */
import { readFileSync } from 'node:fs';

/** The kernel tells times in these, on every machine that Node runs on (USER_HZ). */
const TICKS_A_SECOND = 100;

/** Places of user and system time in /proc/PID/stat, counted from behind the name in brackets. */
const USER_TIME = 11;
const SYSTEM_TIME = 12;

/** @returns seconds of processor time, of all threads. */
export function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) / TICKS_A_SECOND;
}

/** @returns the most memory it ever had, in bytes. */
export function peakBytes(pid) {
  const [, kibibytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}
