/**
 * What a disk cache has and what must go for something else. Pure.
 *
 * Every epoch reads each entry once, in another order. What was read a moment ago is then what is wanted last: of a cache of
 * half the set, keeping what is in gives hits for half of the reads, and dropping what was read longest ago for 15 %. So what
 * is in stays, and new entries are taken while there is room. Entries that are *announced*, because a window will soon be read,
 * take the place of what was read last, and none of them goes before its window is read. What no open set has goes first.
 */

interface Entry {
  readonly bytes: number;
  /** Since the start. */
  readonly isRead: boolean;
}

export class CacheLedger {
  readonly capacityBytes: number;
  #usedBytes = 0;
  /** What was read last is last. */
  readonly #entries = new Map<string, Entry>();
  /** How many windows that are not read yet want each. */
  readonly #pins = new Map<string, number>();
  /** By set. */
  readonly #owners = new Map<string, ReadonlySet<string>>();

  constructor(capacityBytes: number) {
    this.capacityBytes = capacityBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  isAnnounced(key: string): boolean {
    return this.#pins.has(key);
  }

  /** @returns which entries must go for a new one; undefined: it is not to be kept. */
  victims(key: string, bytes: number): readonly string[] | undefined {
    let missing = this.#usedBytes + bytes - this.capacityBytes;
    if (missing <= 0) return [];
    if (bytes > this.capacityBytes) return undefined;
    const victims: string[] = [];
    for (const candidate of this.#candidates(this.isAnnounced(key))) {
      victims.push(candidate);
      missing -= (this.#entries.get(candidate) as Entry).bytes;
      if (missing <= 0) return victims;
    }
    return undefined;
  }

  add(key: string, bytes: number): void {
    this.remove(key);
    this.#entries.set(key, { bytes, isRead: false });
    this.#usedBytes += bytes;
  }

  remove(key: string): void {
    this.#usedBytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }

  read(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#entries.set(key, { ...entry, isRead: true });
  }

  /** A window that is not read yet wants it, whether it is in or not. */
  announce(key: string): void {
    this.#pins.set(key, (this.#pins.get(key) ?? 0) + 1);
  }

  /** Takes one {@link announce} back. */
  unannounce(key: string): void {
    const left = (this.#pins.get(key) ?? 0) - 1;
    if (left > 0) this.#pins.set(key, left);
    else this.#pins.delete(key);
  }

  /** @param keys - of all entries that the set can have. */
  addOwner(set: string, keys: Iterable<string>): void {
    this.#owners.set(set, new Set(keys));
  }

  removeOwner(set: string): void {
    this.#owners.delete(set);
  }

  /** In the order in which they go. */
  *#candidates(forAnnounced: boolean): Iterable<string> {
    const loose = [...this.#entries].filter(([key]) => !this.#pins.has(key));
    const isOwned = (key: string) => [...this.#owners.values()].some((keys) => keys.has(key));
    for (const [key] of loose) if (!isOwned(key)) yield key;
    if (!forAnnounced) return;
    const own = loose.filter(([key]) => isOwned(key)).reverse();
    for (const [key, { isRead }] of own) if (isRead) yield key;
    for (const [key, { isRead }] of own) if (!isRead) yield key;
  }
}
