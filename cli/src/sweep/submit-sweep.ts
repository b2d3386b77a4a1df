/** `submit --sweep`: submits all runs of a sweep, or none. */
import { LyceumError, toLyceumError } from '@lyceum/proto';
import type { Following } from '../following/index.js';
import { pluralText } from '../printing/text/index.js';
import type { CommandContext } from '../session/index.js';
import { followSweep } from './follow-sweep.js';
import type { SweepAxis } from './sweep-axes.js';
import { sweepPoints } from './sweep-points.js';

export interface SweepRequest {
  /** The document of all runs, as its user wrote it. */
  readonly document: unknown;
  /** The document's name in errors. */
  readonly source: string;
  /** Default: the document's metadata.name. */
  readonly name?: string;
  readonly axes: readonly SweepAxis[];
  readonly dryRun: boolean;
  /** Undefined: return once the runs are submitted. */
  readonly follow?: Following;
}

/**
 * The coordinator checks every run before the first is submitted. Submitting an existing run again changes nothing, so
 * an interrupted sweep can simply be submitted again.
 *
 * @throws {LyceumError} the error of the first run that cannot be accepted; no run is submitted then.
 */
export async function submitSweep(context: CommandContext, request: SweepRequest): Promise<void> {
  const { client, notice, print, signal } = context;
  const name = request.name ?? nameOf(request.document);
  const points = sweepPoints(request.document, name, request.axes, request.source);
  const warnings = new Set<string>();
  for (const { text } of points) {
    if (signal.aborted) return;
    for (const warning of (await client.submitRun(text, { dryRun: true })).warnings)
      warnings.add(warning);
  }
  for (const warning of warnings) notice(`warning: ${warning}`);
  const runIds = points.map(({ runId }) => runId);
  if (request.dryRun) {
    print(runIds, () => runIds.map((runId) => `${runId} would be accepted`));
    return;
  }
  let thereCount = 0;
  for (const [index, { text }] of points.entries()) {
    const soFar = `${index} of ${points.length} runs are submitted; the same command submits the rest`;
    if (signal.aborted) {
      notice(soFar);
      return;
    }
    try {
      if (!(await client.submitRun(text)).created) thereCount++;
    } catch (err) {
      const { code, message } = toLyceumError(err);
      throw new LyceumError(code, `${message}; ${soFar}`, { cause: err });
    }
  }
  const there = thereCount === 0 ? '' : `; ${thereCount} were there already`;
  notice(`Sweep ${name}: ${pluralText(points.length, 'run')}${there}`);
  if (request.follow !== undefined) {
    await followSweep(context, name, runIds, request.follow);
    return;
  }
  print(runIds, () => runIds);
  notice(`See them with: coordinator sweep table ${name}`);
}

/** The document's name; empty if it has none, which the check of the document reports. */
function nameOf(document: unknown): string {
  const { metadata } = (document ?? {}) as { metadata?: { name?: unknown } | null };
  return typeof metadata?.name === 'string' ? metadata.name : '';
}
