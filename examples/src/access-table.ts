/**
 * Which terms take which teachers: submits every term of the objective with every kind of teacher, without running it.
 * The coordinator must refuse exactly the pairs in which the teacher does not give what {@link needOf} says.
 */
import type { CoordinatorClient } from '@lyceum/cli/client';
import { TERMS, type Term } from '@lyceum/learning/objectives';
import { LyceumError, toLyceumError } from '@lyceum/proto';

/** A teacher as a run names it. */
type NamedTeacher = Readonly<Record<string, unknown>>;

/** What a term compares with. */
type Need = 'features' | 'logits' | 'votes';

/** Settings that a term needs besides its name, such as layers of the convolutional teacher and of the student. */
const SETTINGS: Readonly<Record<string, object>> = {
  'topk-kd': { k: 3 },
  hint: { weight: 1, hintLayer: 'dense_1', guidedLayer: 'dense_1' },
  'attention-transfer': { weight: 1, hintLayer: 'conv_2', guidedLayer: 'conv_2' },
  'similarity-preserving': { weight: 1, hintLayer: 'dense_1', guidedLayer: 'dense_1' },
  rkd: { weight: 1, hintLayer: 'dense_1', guidedLayer: 'dense_1' },
};

/** Undefined: the term needs nothing from teachers, or only its plugin knows what. */
function needOf(term: Term): Need | undefined {
  if (term.of === 'features') return 'features';
  if (term.of === 'labels' || term.ofPlugin) return undefined;
  return term.ofVotes ? 'votes' : 'logits';
}

export interface Column {
  readonly title: string;
  readonly teacher: NamedTeacher;
  /** What the teacher can give. */
  readonly gives: readonly Need[];
}

export interface AccessTable {
  readonly lines: readonly string[];
  /** The coordinator's message for each kind of refusal. */
  readonly examples: readonly string[];
}

/** @throws {LyceumError} INTERNAL if a pair is refused that should be accepted, or the other way round. */
export async function accessTable(
  client: CoordinatorClient,
  columns: readonly Column[],
): Promise<AccessTable> {
  const width = Math.max(...TERMS.map(({ name }) => name.length)) + 2;
  const heading = columns.map(({ title }) => title.padEnd(9)).join('');
  const lines = [`${'TERM'.padEnd(width)}${heading}`.trimEnd()];
  const examples = new Map<string, string>();
  for (const own of TERMS) {
    const need = needOf(own);
    if (need === undefined) continue;
    const term = own.name;
    const cells: string[] = [];
    for (const column of columns) {
      const refusal = await refusalOf(client, { term, ...SETTINGS[term] }, column.teacher);
      const should = !column.gives.includes(need);
      if (should !== (refusal !== undefined)) {
        const message =
          refusal === undefined
            ? `term ${term} with teacher ${column.title} was accepted, but should be refused`
            : `term ${term} with teacher ${column.title} should be accepted, but was refused: ${refusal}`;
        throw new LyceumError('INTERNAL', message);
      }
      if (refusal !== undefined) examples.set(`${column.title} ${need}`, refusal);
      cells.push((refusal === undefined ? 'yes' : 'refused').padEnd(9));
    }
    lines.push(`${term.padEnd(width)}${cells.join('')}`.trimEnd());
  }
  return { lines, examples: [...new Set(examples.values())] };
}

/** The reason why the coordinator refuses the pair; undefined: it accepts the pair. */
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
