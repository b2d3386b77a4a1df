/** Runs vitest in this process and counts passed and failed tests. */

/**
 * A test file that does not load, and an error outside all tests, count as one failure each: tests that pass cannot
 * hide them.
 *
 * @param {readonly string[]} args as vitest's command line takes them: filters, `--project unit`, …
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runTests(args) {
  // biome-ignore lint/correctness/noUndeclaredDependencies: set-up has installed it by now.
  const { parseCLI, startVitest } = await import('vitest/node');
  const { filter, options } = parseCLI(['vitest', 'run', ...args]);
  const vitest = await startVitest('test', filter, { ...options, watch: false });
  const counts = { passed: 0, failed: vitest.state.getUnhandledErrors().length };
  for (const module of vitest.state.getTestModules()) {
    counts.failed += module.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') counts.passed += 1;
      if (state === 'failed') counts.failed += 1;
    }
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
  }
  await vitest.close();
  return counts;
}

/**
 * Prints the last line and ends the process: with 0 only if something passed and nothing failed. The process is forced
 * to exit, since a socket that a test left open would keep it alive.
 *
 * @param {{ passed: number, failed: number }} counts
 */
export function exitWithCounts({ passed, failed }) {
  process.stdout.write(`${passed} passed, ${failed} failed\n`, () => {
    process.exit(failed === 0 && passed > 0 ? 0 : 1);
  });
}
