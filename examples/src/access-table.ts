/**
 * Which terms take which teachers: every term of the objective beside every kind of teacher, submitted without being run. What
 * is refused must be what {@link needs} says, no less and no more.
 */
import type { CoordinatorClient } from '@lyceum/cli/client';
import { LyceumError, toLyceumError } from '@lyceum/proto';

/** A teacher as a run names it. */
type NamedTeacher = Readonly<Record<string, unknown>>;

/** What a term compares with. */
type Need = 'features' | 'logits' | 'votes';

const OF_ANSWERS: Readonly<Record<string, object>> = {
  kd: {},
  dkd: {},
  'soft-ce': {},
  'kl-forward': {},
  'kl-reverse': {},
  jeffreys: {},
  gjs: {},
  'skew-fkl': {},
  'skew-rkl': {},
  tvd: {},
  dist: {},
  'mse-logits': {},
  'topk-kd': { k: 3 },
  'hard-label': {},
  vote: {},
};

/** Layers of the convolutional teacher, and of the student that would learn from it. */
const OF_FEATURES: Readonly<Record<string, object>> = {
  hint: { weight: 1, hintLayer: 'dense_1', guidedLayer: 'dense_1' },
  'attention-transfer': { weight: 1, hintLayer: 'conv_2', guidedLayer: 'conv_2' },
  'similarity-preserving': { weight: 1, hintLayer: 'dense_1', guidedLayer: 'dense_1' },
  rkd: { weight: 1, hintLayer: 'dense_1', guidedLayer: 'dense_1' },
};

function needs(term: string): Need {
  if (term in OF_FEATURES) return 'features';
  return term === 'vote' ? 'votes' : 'logits';
}

export interface Column {
  readonly title: string;
  readonly teacher: NamedTeacher;
  /** What the teacher can give. */
  readonly gives: readonly Need[];
}

export interface AccessTable {
  readonly lines: readonly string[];
  /** One for each kind of refusal, in the words of the coordinator. */
  readonly examples: readonly string[];
}

/** @throws {LyceumError} INTERNAL if a pair is refused that should not be, or the other way round. */
export async function accessTable(
  client: CoordinatorClient,
  columns: readonly Column[],
): Promise<AccessTable> {
  const terms = { ...OF_ANSWERS, ...OF_FEATURES };
  const width = Math.max(...Object.keys(terms).map((term) => term.length)) + 2;
  const heading = columns.map(({ title }) => title.padEnd(9)).join('');
  const lines = [`${'TERM'.padEnd(width)}${heading}`.trimEnd()];
  const examples = new Map<string, string>();
  for (const [term, fields] of Object.entries(terms)) {
    const cells: string[] = [];
    for (const column of columns) {
      const refusal = await refusalOf(client, { term, ...fields }, column.teacher);
      const should = !column.gives.includes(needs(term));
      if (should !== (refusal !== undefined)) {
        const message = `${term} beside ${column.title} is ${refusal ?? 'accepted'}, and should not be`;
        throw new LyceumError('INTERNAL', message);
      }
      if (refusal !== undefined) examples.set(`${column.title} ${needs(term)}`, refusal);
      cells.push((refusal === undefined ? 'yes' : 'refused').padEnd(9));
    }
    lines.push(`${term.padEnd(width)}${cells.join('')}`.trimEnd());
  }
  return { lines, examples: [...new Set(examples.values())] };
}

/** Undefined: it would run. */
async function refusalOf(
  client: CoordinatorClient,
  term: object,
  teacher: NamedTeacher,
): Promise<string | undefined> {
  const specification = {
    apiVersion: 'lyceum.dev/v1alpha1',
    kind: 'Distillation',
    metadata: { name: 'pair' },
    spec: {
      dataset: 'digits',
      teachers: [teacher],
      student: { model: { architecture: 'conv', filters: [4, 8], denseUnits: [16] } },
      objective: [term, { term: 'ce' }],
      training: { batchSize: 32, epochs: 1 },
    },
  };
  try {
    await client.submitRun(JSON.stringify(specification), { dryRun: true });
    return undefined;
  } catch (thrown) {
    const { code, message } = toLyceumError(thrown);
    if (code !== 'INVALID_ARGUMENT') throw thrown;
    return message.split('\n').slice(1).join('\n').trim();
  }
}
