/**
 * Which way imports go, checked by dependency-cruiser (`npm run check -- imports`). Imports of types count like others.
 *
 * A package imports what stands in its line of the table, by its doors. A room is a folder with an `index.ts`: whoever
 * is outside enters it there. Tests enter what they test where they like, but in its sources.
 */
const { readdirSync } = require('node:fs');
const { join } = require('node:path');
const swc = require('@swc/core');

const MAY_IMPORT = {
  proto: [],
  platform: ['proto'],
  learning: ['platform', 'proto'],
  coordinator: ['learning', 'platform', 'proto'],
  'teacher-worker': ['learning', 'platform', 'proto'],
  'student-worker': ['learning', 'platform', 'proto'],
  dashboard: ['coordinator'],
  cli: ['coordinator', 'dashboard', 'learning', 'platform', 'proto'],
  bench: ['cli', 'coordinator', 'student-worker', 'learning', 'platform', 'proto'],
  examples: ['cli', 'learning', 'platform', 'proto'],
  site: ['cli', 'coordinator', 'learning', 'platform', 'student-worker', 'teacher-worker'],
};

/** Plain arrays: these never load TensorFlow, not even through what they import. */
const WITHOUT_TENSORFLOW = ['proto', 'platform', 'coordinator', 'dashboard', 'cli'];

const PACKAGES = Object.keys(MAY_IMPORT);
const any = (names) => `(?:${names.join('|')})`;

const layers = PACKAGES.map((name) => ({
  name: `${name}-imports-too-much`,
  comment: `${name} imports ${MAY_IMPORT[name].join(', ') || 'no other package'}`,
  severity: 'error',
  from: { path: `^${name}/src/` },
  to: { path: `^${any(PACKAGES.filter((p) => p !== name && !MAY_IMPORT[name].includes(p)))}/` },
}));

/** Folders with a door, packages' own doors aside. */
const rooms = PACKAGES.flatMap((name) => doorsIn(join(name, 'src')).slice(1)).map((room) => ({
  name: 'past-the-door-of-a-room',
  comment: `${room} is entered by its index.ts`,
  severity: 'error',
  from: { path: '/src/', pathNot: `^${room}/[^/]+$` },
  to: { path: `^${room}/[^/]+$`, pathNot: '/index[.]ts$', dynamic: false },
}));

/** The folder, and those below it that have an index.ts. @param {string} folder @returns {string[]} */
function doorsIn(folder) {
  const entries = readdirSync(join(__dirname, folder), { withFileTypes: true });
  const below = entries.filter((entry) => entry.isDirectory());
  return [folder, ...below.flatMap(({ name }) => doorsIn(join(folder, name)))].filter(
    (path) => path === folder || readdirSync(join(__dirname, path)).includes('index.ts'),
  );
}

/** dependency-cruiser tells swc that all is TypeScript, and never that a file has JSX. */
const { parseFileSync } = swc;
swc.parseFileSync = (file, options) =>
  parseFileSync(file, { ...options, tsx: file.endsWith('.tsx') });

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'not-by-a-door',
      comment: 'another package is imported by its name, never by a path into its sources',
      severity: 'error',
      from: { path: `^(${PACKAGES.join('|')})/src/` },
      to: { path: `^${any(PACKAGES)}/src/`, pathNot: '^$1/' },
    },
    ...rooms,
    {
      name: 'tests-what-was-built',
      comment:
        'tests read the sources of their own package, not by its door what was built of them before',
      severity: 'error',
      from: { path: `^(${PACKAGES.join('|')})/test/.*[.]tsx?$` },
      // By a path is on purpose: threads run what was built.
      to: { path: '^$1/dist/', dependencyTypesNot: ['local'] },
    },
    {
      name: 'loads-tensorflow',
      comment: `${WITHOUT_TENSORFLOW.join(', ')} never load TensorFlow`,
      severity: 'error',
      from: { path: `^${any(WITHOUT_TENSORFLOW)}/src/` },
      to: { path: '@tensorflow/', reachable: true },
    },
    {
      name: 'unknown-import',
      comment: 'what is imported cannot be found; npm run build first',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'files-in-a-ring',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'rooms-in-a-ring',
      severity: 'error',
      scope: 'folder',
      from: { path: '/src' },
      to: { circular: true },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['node_modules'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default'] },
  },
};
