/** A run as it is compared with others: its report and what its student said about the test split. */
import { readNpz } from '@lyceum/learning/files';
import { LyceumError } from '@lyceum/proto';
import type { CoordinatorClient } from '../client/index.js';
import type { ComparedRun } from '../comparison/index.js';

/** @throws {LyceumError} FAILED_PRECONDITION if it has no report; INVALID_ARGUMENT if its predictions lack something. */
export async function comparedRun(
  client: CoordinatorClient,
  runId: string,
  signal: AbortSignal,
): Promise<ComparedRun> {
  const { specification, digests } = await client.getReport(runId);
  const what = `predictions of run ${runId}`;
  const arrays = readNpz(await client.getPredictions(runId, { signal }), what);
  const [sampleId, label, student] = ['sampleId', 'label', 'student'].map((name) => {
    const data = arrays.get(name)?.data;
    if (data === undefined) throw new LyceumError('INVALID_ARGUMENT', `${what} lack ${name}`);
    return data;
  });
  return {
    runId,
    datasetDigest: digests.dataset,
    specification,
    sampleIds: sampleId as Int32Array,
    labels: label as Int32Array,
    logits: student as Float32Array,
  };
}
