/** Epochs over a cache that is too small, simulated. Announced entries must be there when they are read. */
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../src/arrays/hashing.js';
import { CacheLedger } from '../../src/windows/cache/cache-ledger.js';

const COUNT = 200;

function shuffled(seed: number): string[] {
  const order = Array.from({ length: COUNT }, (_, i) => ({ i, at: mulberry32(seed, i) }));
  return order.sort((a, b) => a.at - b.at).map(({ i }) => `entry ${i}`);
}

/** Share of hits over all epochs but the first. @param ahead - how many entries are announced before they are read. */
function hits(capacity: number, ahead: number): number {
  const ledger = new CacheLedger(capacity);
  ledger.addOwner('set', shuffled(0));
  let found = 0;
  const put = (key: string) => {
    const victims = ledger.victims(key, 1);
    if (victims === undefined) return;
    for (const victim of victims) ledger.remove(victim);
    ledger.add(key, 1);
    expect(ledger.usedBytes).toBeLessThanOrEqual(capacity);
  };
  for (let epoch = 0; epoch < 5; epoch++) {
    const order = shuffled(epoch + 1);
    for (const [i, key] of order.entries()) {
      const next = order[i + ahead];
      if (i === 0) for (const early of order.slice(0, ahead)) ledger.announce(early);
      if (next !== undefined) ledger.announce(next);
      for (const coming of order.slice(i, i + ahead + 1)) {
        if (epoch > 0 && coming === key && ledger.has(key)) found++;
        if (ahead > 0 && !ledger.has(coming)) put(coming);
      }
      if (!ledger.has(key)) put(key);
      if (ahead > 0) expect(ledger.has(key)).toBe(true);
      ledger.read(key);
      ledger.unannounce(key);
    }
  }
  return found / (4 * COUNT);
}

describe('CacheLedger', () => {
  it('gives hits for half of the reads when the cache holds half of the set', () => {
    expect(hits(100, 0)).toBeCloseTo(0.5, 1);
    expect(hits(150, 0)).toBeCloseTo(0.75, 1);
    expect(hits(200, 0)).toBe(1);
  });

  it('removes the entry read last for an announced entry, and never an announced one', () => {
    const ledger = new CacheLedger(3);
    ledger.addOwner('set', ['a', 'b', 'c', 'd', 'e']);
    for (const key of ['a', 'b', 'c']) ledger.add(key, 1);
    expect(ledger.victims('d', 1)).toBeUndefined();
    ledger.read('b');
    ledger.read('a');
    ledger.announce('d');
    expect(ledger.victims('d', 1)).toEqual(['a']);
    ledger.announce('a');
    expect(ledger.victims('d', 1)).toEqual(['b']);
    ledger.announce('b');
    expect(ledger.victims('d', 1)).toEqual(['c']);
    ledger.announce('c');
    expect(ledger.victims('d', 1)).toBeUndefined();
    ledger.unannounce('b');
    expect(ledger.victims('d', 1)).toEqual(['b']);
    expect(ledger.victims('d', 4)).toBeUndefined();
  });

  it('removes entries first that belong to no open set', () => {
    const ledger = new CacheLedger(2);
    ledger.addOwner('set', ['a', 'b']);
    ledger.add('old', 1);
    ledger.add('a', 1);
    expect(ledger.victims('b', 1)).toEqual(['old']);
    ledger.removeOwner('set');
    expect(ledger.victims('b', 2)).toEqual(['old', 'a']);
  });
});
