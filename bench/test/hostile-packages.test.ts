/**
 * Hostile model packages (src/hostile), read as coordinator and workers read their store. The table says what must
 * happen to each. An accepted model must be the harmless part, x·W, and be written the same way again.
 */
import { describePackagedModel, parsePackagedModel } from '@lyceum/learning/formats';
import { describe, expect, it } from 'vitest';
import { hostilePackages } from '../src/hostile/hostile-packages.js';

const SECRET = '/nowhere/secret';
const TARGET = '/nowhere/target';
const PACKAGES = hostilePackages({ secret: SECRET, secretFolder: '/nowhere', target: TARGET });

it('hostilePackages are at least 100, of every format, with different names', () => {
  const names = PACKAGES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const begins = ['SavedModel', 'GraphModel', 'layers', 'ONNX', 'archive'];
  const counts = begins.map((begin) => names.filter((name) => name.startsWith(begin)).length);
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(5);
  expect(names.length).toBeGreaterThanOrEqual(100);
});

describe('parsePackagedModel refuses with a clear message', () => {
  it.each(PACKAGES.filter(({ expected }) => expected === 'refused'))('$name', ({ bytes, says }) => {
    let message = '';
    expect(() => {
      try {
        describePackagedModel(parsePackagedModel(bytes));
      } catch (err) {
        message = err instanceof Error ? err.message : '';
        throw err;
      }
    }).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(message).toMatch(says as RegExp);
    expect(message.length).toBeLessThan(4000);
    // The messages contain line ends, but no other control characters.
    expect(message.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});

describe('parsePackagedModel accepts without the attacking part', () => {
  it.each(PACKAGES.filter(({ expected }) => expected === 'harmless'))('$name', ({ bytes }) => {
    const packaged = parsePackagedModel(bytes);
    if (packaged.format !== 'saved-model') throw new Error(packaged.format);
    const graph = packaged.model.files.get('saved_model.pb') as Uint8Array;
    const written = Buffer.from(graph).toString('latin1');
    expect(written).toContain('MatMul');
    for (const word of ['PrintV2', TARGET, SECRET, 'written by a model']) {
      expect(written).not.toContain(word);
    }
  });
});
