/** Serves models from files with a stand-in compute side. http-inference.test.ts has the answers of a served model. */
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { TeacherCompute } from '../src/compute/index.js';
import { readServedModel } from '../src/serving/read-served-model.js';
import { serveModels } from '../src/serving/serve-models.js';

const ONNX = fileURLToPath(
  new URL('../../learning/test/fixtures/onnx/fixed-batch.onnx', import.meta.url),
);

test('serveModels refuses two models of the same name', async () => {
  const opened = { inputShape: [4], classCount: 2, weightBytes: 1 };
  const compute = { load: async () => opened } as unknown as TeacherCompute;
  const served = serveModels({
    models: await Promise.all([
      readServedModel(`digits=${ONNX}`),
      readServedModel(`digits=${ONNX}`),
    ]),
    places: { insecure: false },
    memoryBudgetBytes: 1024,
    compute,
    version: '0',
    log: pino({ level: 'silent' }),
  });
  await expect(served).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: 'model digits cannot be served: another one has its name',
  });
});
