/** A run for a comparison: its report, and its student's outputs on the test split. */
import { LyceumError } from '@lyceum/proto';
import type { CoordinatorClient, Report } from '../client/index.js';
import type { ComparedRun } from '../comparison/index.js';

/** @throws {LyceumError} FAILED_PRECONDITION if the run has no report; INVALID_ARGUMENT if an array is missing. */
export async function comparedRun(
  client: Pick<CoordinatorClient, 'getPredictions' | 'getReport'>,
  runId: string,
  signal: AbortSignal,
): Promise<ComparedRun & { readonly report: Report }> {
  const report = await client.getReport(runId);
  const { specification, digests } = report;
  const what = `predictions of run ${runId}`;
  // Imported here: other commands start without loading it.
  const { readNpz } = await import('@lyceum/learning/files');
  const arrays = readNpz(await client.getPredictions(runId, { signal }), what);
  const [sampleId, label, student] = ['sampleId', 'label', 'student'].map((name) => {
    const data = arrays.get(name)?.data;
    if (data === undefined) throw new LyceumError('INVALID_ARGUMENT', `${what} lack ${name}`);
    return data;
  });
  return {
    report,
    runId,
    datasetDigest: digests.dataset,
    specification,
    sampleIds: sampleId as Int32Array,
    labels: label as Int32Array,
    logits: student as Float32Array,
  };
}
