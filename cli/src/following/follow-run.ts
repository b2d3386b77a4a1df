/**
 * Follows a run to its end: on a terminal lines are rewritten, elsewhere each piece of news is a line.
 *
 * All go to stderr. Data for scripts, the run at its end, is printed afterwards.
 */
import type { WriteStream } from 'node:tty';
import { printable, type Run, toLyceumError } from '@lyceum/proto';
import { runStateName } from '../client/index.js';
import {
  isNews,
  isPaused,
  lossesOf,
  pauseAdvice,
  plainLine,
  runDocument,
  runPageLines,
} from '../printing/runs/index.js';
import { indented } from '../printing/text/index.js';
import { type CommandContext, CommandExit, EXIT, lineWidth, painter } from '../session/index.js';
import { CURVE_WIDTH, liveLines, rewritten } from './live-view.js';

/** Longest pause between plain lines while there is progress. */
const PLAIN_LINE_EVERY_MS = 5_000;

const ALL_STEPS = { firstStep: 0, endStep: 0, pointCount: CURVE_WIDTH };

export type Following = 'live' | 'quiet';

/**
 * Prints the run once it has ended.
 *
 * @throws {CommandExit} 1 if it failed or was cancelled, 130 after Ctrl-C, after which the run goes on.
 */
export async function followRun(
  context: CommandContext,
  runId: string,
  how: Following,
): Promise<void> {
  const show =
    how === 'quiet'
      ? pausesOnly(context)
      : process.stderr.isTTY
        ? liveView(context, process.stderr)
        : plainView();
  let run: Run | undefined;
  try {
    for await (const update of context.client.watchRun(runId, context)) {
      run = update;
      await show(update);
    }
  } catch (err) {
    if (!context.signal.aborted) throw err;
  }
  if (context.signal.aborted) {
    context.notice(`The run goes on. See it with: coordinator watch ${runId}`);
    context.notice(`Cancel it with: coordinator cancel ${runId}`);
    throw new CommandExit(EXIT.interrupted);
  }
  if (run === undefined) return;
  const ended = run;
  context.print(runDocument(ended), () => runPageLines(ended, Date.now()));
  if (runStateName(ended) !== 'SUCCEEDED') throw new CommandExit(EXIT.failed);
}

/** Rewrites the lines of the last update. */
function liveView({ client }: CommandContext, stream: WriteStream): (run: Run) => Promise<void> {
  const paint = painter(stream);
  let height = 0;
  let losses: number[] = [];
  return async (run) => {
    try {
      losses = lossesOf(await client.getHistory({ ...ALL_STEPS, runId: run.runId }));
    } catch (err) {
      // The watch goes on after a restart of the coordinator; meanwhile the curve stays the same.
      if (!toLyceumError(err).retryable) throw err;
    }
    const lines = liveLines(run, losses, lineWidth(stream), paint);
    stream.write(rewritten(lines, height));
    height = lines.length;
  };
}

/** Silent, except when the run is paused and needs its user: it would otherwise be waited for in vain. */
function pausesOnly({ notice }: CommandContext): (run: Run) => void {
  let wasPaused = false;
  return (run) => {
    if (isPaused(run) && !wasPaused) {
      notice(`${run.runId} is PAUSED: ${run.reason}`);
      notice(pauseAdvice(run));
    }
    wasPaused = isPaused(run);
  };
}

function plainView(): (run: Run) => void {
  let last: { run: Run; atMs: number } | undefined;
  const told = new Set<string>();
  return (run) => {
    const atMs = performance.now();
    if (last !== undefined && !isNews(last.run, run) && atMs - last.atMs < PLAIN_LINE_EVERY_MS)
      return;
    last = { run, atMs };
    const news = run.warnings.filter((warning) => !told.has(warning));
    for (const warning of news) told.add(warning);
    const lines = [...news.map((warning) => `${run.runId} warning: ${warning}`), plainLine(run)];
    const time = new Date().toISOString().slice(11, 19);
    for (const line of lines) process.stderr.write(`${printable(indented(`${time} ${line}`))}\n`);
  };
}
