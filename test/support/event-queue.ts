/** What happens when, in virtual time: a binary heap. Of two at the same time the one that was put in first is first. */
type Entry = { readonly at: number; readonly order: number; readonly run: () => void };

export class EventQueue {
  readonly #heap: Entry[] = [];
  #order = 0;
  now = 0;

  after(ms: number, run: () => void): void {
    this.at(this.now + ms, run);
  }

  at(at: number, run: () => void): void {
    this.#order += 1;
    const entry = { at, order: this.#order, run };
    let place = this.#heap.length;
    this.#heap.push(entry);
    for (;;) {
      const above = (place - 1) >> 1;
      const parent = this.#heap[above];
      if (place === 0 || parent === undefined || isBefore(parent, entry)) break;
      this.#heap[place] = parent;
      place = above;
    }
    this.#heap[place] = entry;
  }

  runUntil(time: number): void {
    for (
      let first = this.#heap[0];
      first !== undefined && first.at <= time;
      first = this.#heap[0]
    ) {
      this.#removeFirst();
      this.now = first.at;
      first.run();
    }
    this.now = time;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const [one, other] = [this.#heap[left], this.#heap[left + 1]];
      if (one === undefined) break;
      const isOther = other !== undefined && isBefore(other, one);
      const child = isOther ? other : one;
      if (isBefore(last, child)) break;
      this.#heap[place] = child;
      place = isOther ? left + 1 : left;
    }
    this.#heap[place] = last;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
