/** Asks the coordinator for all parts of a report. A part that it cannot give is replaced by the reason. */
import type { Report } from '@lyceum/coordinator/documents';
import type { ReportInput } from '@lyceum/dashboard/report';
import { LyceumError, printableTexts, type Run } from '@lyceum/proto';
import type { CoordinatorClient } from '../client/index.js';
import { historyFacts } from '../dashboard/facts/index.js';
import { printableYaml } from '../session/index.js';

/** All steps, in the greatest number of points. */
const WHOLE_RUN = { firstStep: 0, endStep: 0, pointCount: 0 };

type Asked = Pick<CoordinatorClient, 'getRun' | 'getFindings' | 'getHistory'>;

export async function gatherReport(client: Asked, report: Report): Promise<ReportInput> {
  const { runId } = report;
  const [run, findings, history] = await Promise.all([
    client.getRun(runId),
    orMissing(client.getFindings(runId)),
    orMissing(client.getHistory({ runId, ...WHOLE_RUN })),
  ]);
  return {
    ...printableTexts({
      report,
      findings,
      history:
        'missing' in history
          ? history
          : history.points.length === 0
            ? { missing: 'no step was reported' }
            : historyFacts(history),
      cost: costFacts(run),
      endedAtMs: run.endedAtMs,
    }),
    specificationYaml: printableYaml(report.specification),
  };
}

async function orMissing<Value extends object>(
  answer: Promise<Value>,
): Promise<Value | { readonly missing: string }> {
  try {
    return await answer;
  } catch (err) {
    const isAnswer = err instanceof LyceumError && !err.retryable && err.code !== 'CANCELLED';
    if (!isAnswer) throw err;
    return { missing: err.message };
  }
}

function costFacts({ cost }: Run): ReportInput['cost'] {
  if (cost === undefined) return { missing: 'the coordinator has not counted it' };
  return {
    studentDeviceSeconds: cost.studentDeviceSeconds,
    teachers: cost.teachers.map(({ name, deviceSeconds, sampleCount }) => ({
      name,
      deviceSeconds,
      sampleCount,
    })),
  };
}
