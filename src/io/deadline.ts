/** Calls once when nothing restarted or stopped it in time. */
export type Deadline = {
  restart(): void;
  stop(): void;
};

export function createDeadline(timeoutMs: number, onLate: () => void): Deadline {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => clearTimeout(timer);
  return {
    stop,
    restart() {
      stop();
      timer = setTimeout(onLate, timeoutMs);
    },
  };
}
