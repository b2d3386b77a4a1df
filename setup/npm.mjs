import { runTool, ToolError } from './child.mjs';
import { SetupError } from './setup-error.mjs';

/** Options that make npm give up on a dead network after seconds, not minutes. */
const PATIENCE = [
  '--fetch-retries=2',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=5000',
];

const REMEDIES = /** @type {const} */ ([
  [/ENOSPC|No space left/, 'free some space on the disk'],
  [/in sync/, 'package.json and package-lock.json disagree: run `npm install`, commit the lock'],
  [
    /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH/,
    'check the network and where npm looks (npm config list), then set up again',
  ],
  [/is not on PATH/, 'install npm, which comes with Node.js'],
]);

/**
 * Runs npm without install scripts: no package here needs its script, and one of the scripts would fetch an outdated
 * TensorFlow.
 *
 * @param {readonly string[]} args
 * @param {{ cwd: string, signal: AbortSignal }} options
 * @returns {Promise<string>} npm's stdout
 * @throws {SetupError} with npm's message
 */
export async function runNpm(args, { cwd, signal }) {
  try {
    return await runTool('npm', [...args, '--ignore-scripts', ...PATIENCE], { cwd, signal });
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const said = error.output.trim() || error.message;
    const remedy = REMEDIES.find(([pattern]) => pattern.test(said))?.[1];
    throw new SetupError(`npm ${args.join(' ')} failed:\n${said}`, {
      remedy: remedy ?? 'see npm’s message above',
      cause: error,
    });
  }
}
