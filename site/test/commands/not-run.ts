/**
 * Commands of pages that no test runs, and why. Each entry is about all commands that begin with it; a test fails for
 * an entry that fits no command.
 */

interface NotRun {
  readonly command: string;
  /** The one page that the entry is about; on other pages the command is run. */
  readonly page?: string;
  readonly reason: string;
}

const KUBERNETES = 'needs a Kubernetes cluster; k8s/test.sh has one';
const PYTORCH =
  'needs PyTorch; cli/test/targets/python-client.int.test.ts trains where it is there';
const A_TEST = 'runs tests itself';
const OTHER_HOSTS = 'names hosts that are not there';
const IMITATION = 'asks paid services; cli/test/imitation asks one on this machine';

export const NOT_RUN: readonly NotRun[] = [
  { command: 'kubectl ', reason: KUBERNETES },
  { command: 'for workload in coordinator nats', reason: KUBERNETES },
  { command: "printf 'triton.models", reason: KUBERNETES },
  { command: 'gzip -t lyceum-state.tgz', page: 'docs/kubernetes.md', reason: KUBERNETES },
  { command: 'coordinator ', page: 'docs/kubernetes.md', reason: KUBERNETES },
  { command: 'for image in nats', reason: 'needs docker; k8s/test.sh builds the images' },

  { command: 'LYCEUM_ACCELERATOR=cuda npm run setup', reason: 'needs a GPU' },
  { command: 'python3 -m pip install --no-deps', reason: 'fetches gigabytes for a GPU' },
  { command: 'export LD_LIBRARY_PATH=', reason: 'is of libraries for a GPU' },
  {
    command: 'npm run gpu-check -- --pretend-cpu',
    reason: 'takes a minute; bench/test/gpu-check runs it',
  },
  { command: 'npm run gpu-check', reason: 'needs a GPU' },
  { command: 'npm test', reason: A_TEST },
  { command: 'npm run check', reason: A_TEST },
  { command: 'npm run simulate', reason: 'takes minutes; bench/test has less of it' },
  { command: 'npm run chaos', reason: 'takes minutes' },
  { command: 'npm run bench', reason: 'takes minutes' },
  {
    command: 'npm run examples',
    reason: 'takes a quarter of an hour; examples/test has less of it',
  },

  { command: 'pip install', reason: 'fetches PyTorch' },
  {
    command: 'venv/bin/python teachers.py',
    reason: 'needs PyTorch; the story has another teacher as an ONNX file',
  },
  { command: 'python examples/pytorch-student', reason: PYTORCH },
  { command: 'torchrun ', reason: PYTORCH },

  { command: 'coordinator imitation', reason: IMITATION },
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
