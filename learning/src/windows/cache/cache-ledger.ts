/**
 * Which entries a disk cache has, and which of them go to make room. Pure.
 *
 * Every epoch reads each entry once, in another order, so the entry that was read last is needed last. With a cache
 * for half of the set, keeping the present entries gives hits for half of the reads, and dropping the longest unread
 * entries for 15 %. So present entries stay, and new ones are taken only while there is room. An *announced* entry
 * belongs to a window that will soon be read: it may replace the entries that were read last, and stays until its
 * window has been read. Entries of sets that are not open go first.
 */

interface Entry {
  readonly bytes: number;
  /** Whether the entry was read since the program started. */
  readonly isRead: boolean;
}

export class CacheLedger {
  readonly capacityBytes: number;
  #usedBytes = 0;
  /** The entry that was read last comes last. */
  readonly #entries = new Map<string, Entry>();
  /** By entry: how many windows that will soon be read want it. */
  readonly #pins = new Map<string, number>();
  /** Keys of all entries that a set can have, by set. */
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

  /** @returns the entries that must go for a new one; undefined: the new one shall not be kept. */
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

  /** Notes that a window that will soon be read wants the entry, present or not. */
  announce(key: string): void {
    this.#pins.set(key, (this.#pins.get(key) ?? 0) + 1);
  }

  /** Takes one {@link announce} back. */
  unannounce(key: string): void {
    const left = (this.#pins.get(key) ?? 0) - 1;
    if (left > 0) this.#pins.set(key, left);
    else this.#pins.delete(key);
  }

  /** @param keys - keys of all entries that the set can have. */
  addOwner(set: string, keys: Iterable<string>): void {
    this.#owners.set(set, new Set(keys));
  }

  removeOwner(set: string): void {
    this.#owners.delete(set);
  }

  /** Entries that may go, in this order. */
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
