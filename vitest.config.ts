/**
 * Three projects: `unit` is pure and fast (`npm run check`), `int` starts real servers and processes, `site` looks at
 * the site as `npm run check -- docs` has built it. Tests read their own workspace from src. They read other
 * workspaces through their package exports, so from dist: `npm test` builds first.
 */
import { defineConfig } from 'vitest/config';

const INT_TESTS = '**/*.int.test.ts';
const SITE_TESTS = 'site/test/built/*.test.ts';

export default defineConfig({
  test: {
    environment: 'node',
    pool: 'forks',
    // Integration tests often wait for processes that they started: three workers keep two cores busy.
    maxWorkers: 3,
    env: { TF_CPP_MIN_LOG_LEVEL: '3' },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['*/test/**/*.test.{ts,tsx}'],
          exclude: [INT_TESTS, SITE_TESTS],
          // Hooks load TensorFlow, which takes more than vitest's 10 s on a busy machine.
          testTimeout: 90_000,
          hookTimeout: 90_000,
          // Files share three processes and their modules, above all TensorFlow: this halves the time.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'int',
          include: [`*/test/${INT_TESTS}`],
          // Far more than any test takes by itself: a busy machine may be more than three times as slow.
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        extends: true,
        test: { name: 'site', include: [SITE_TESTS], testTimeout: 240_000, hookTimeout: 240_000 },
      },
    ],
  },
});
