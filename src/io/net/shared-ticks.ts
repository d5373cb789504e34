/** Ticks that all who count them on a thread share: it wakes once a tick, and not once a tick for each of them. */
type Ticker = { readonly timer: NodeJS.Timeout; readonly listeners: Set<() => void> };

/** By the length of their ticks. */
const tickers = new Map<number, Ticker>();

/** @param onTick first called within a tick. @returns what ends it */
export function everyTick(tickMs: number, onTick: () => void): () => void {
  const ticker = tickers.get(tickMs) ?? newTicker(tickMs);
  ticker.listeners.add(onTick);
  return () => {
    if (!ticker.listeners.delete(onTick) || ticker.listeners.size > 0) return;
    clearInterval(ticker.timer);
    tickers.delete(tickMs);
  };
}

function newTicker(tickMs: number): Ticker {
  const listeners = new Set<() => void>();
  const tick = () => {
    for (const onTick of listeners) onTick();
  };
  const ticker = { timer: setInterval(tick, tickMs), listeners };
  tickers.set(tickMs, ticker);
  return ticker;
}
