import type { LogLevel } from '#config/load.js';
import { LOG_LEVELS } from '#config/schema.js';

/** @returns whether what belongs to `wanted` is told at `level`: each shows itself and all before it. */
export function shows(level: LogLevel, wanted: LogLevel): boolean {
  return LOG_LEVELS.indexOf(wanted) <= LOG_LEVELS.indexOf(level);
}
