// The task on real files; it ends before it calls the endpoint.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeManifest } from '@lyceum/learning/datasets';
import { expect, test } from 'vitest';
import { tryEndpoint } from '../../src/planning/endpoint-trial-task.js';
import { tinyManifest, tinyModelBytes } from '../serve/tiny-artifacts.js';

test('tryEndpoint returns a warning without a call if the data set is in shards', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trial-'));
  try {
    const [modelFile, datasetFile] = [join(folder, 'model'), join(folder, 'set')];
    writeFileSync(modelFile, tinyModelBytes(1));
    writeFileSync(datasetFile, encodeManifest(tinyManifest()));
    const request = {
      modelFile,
      datasetFile,
      settingsJson: '{"output":"logits"}',
      secrets: {} as never,
      allowedAddresses: [],
    };
    expect(await tryEndpoint(request)).toEqual({
      warning: 'the data set is in shards, which only workers can read',
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
