/** The runs that imitations submit, compared with runs that a person would write. */
import { describe, expect, it } from 'vitest';
import { imitationModels, imitationRuns } from '../../src/specification/imitation-run.js';
import { checkImitation, type Imitation } from '../../src/specification/imitation-schema.js';
import { checkRunSpecification } from '../../src/specification/run-specification.js';

interface Changes {
  /** The number of answers that each of the three teachers is asked for. */
  readonly answers?: readonly number[];
  readonly train?: Record<string, unknown>;
  readonly run?: Record<string, unknown>;
  readonly explains?: boolean;
  readonly inputs?: Record<string, unknown>;
}

function document({
  answers = [1, 1, 1],
  train,
  run,
  explains = true,
  inputs,
}: Changes): Imitation {
  const student = { model: { architecture: 'mlp', hiddenUnits: [4] }, baseline: 'train' };
  return checkImitation(
    {
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Imitation',
      metadata: { name: 'words' },
      spec: {
        inputs: { source: 'words.csv', text: 'text', ...inputs },
        classes: ['x', 'y'],
        teachers: answers.map((count, k) => ({
          name: 'abc'[k],
          endpoint: {
            url: 'http://127.0.0.1:1/',
            input: inputs === undefined ? 'text' : 'values',
            chat: { model: 'm', prompt: '{input}' },
          },
          ask: {
            answers: count,
            ...(count > 1 && { temperature: 0.7 }),
            ...(explains && { schema: { label: null, explanation: null } }),
          },
        })),
        train: { ...train, run: { student, ...run } },
      },
    },
    'words.yaml',
  );
}

/** The specification of the run, checked as the coordinator checks it. */
function specOf(run: { readonly document: unknown } | undefined) {
  return checkRunSpecification(run?.document, 'run').spec as unknown as Record<string, unknown>;
}

function only(imitation: Imitation) {
  const [first] = imitationRuns(imitation, { runId: 'words', seedCount: 1 });
  if (first === undefined) throw new Error('no run');
  return first;
}

describe('the run of an imitation without explanations', () => {
  it.each([
    { answers: [1, 1, 1], access: 'black black black', objective: [{ term: 'vote' }] },
    { answers: [5, 5, 5], access: 'gray gray gray', objective: [{ term: 'kd', temperature: 1, weight: 1 }] },
    {
      answers: [5, 1, 1],
      access: 'gray black black',
      objective: [
        { term: 'kd', temperature: 1, weight: 1 / 3, teachers: ['a'] },
        { term: 'vote', weight: 2 / 3, teachers: ['b', 'c'] },
      ],
    },
  ])('with $answers answers per teacher has teachers of access $access', ({ answers, access, objective }) => {
    const { student, teacher } = only(document({ answers }));
    expect(teacher).toBeUndefined();
    const spec = specOf(student) as { teachers: { access: string }[] };
    expect(spec.teachers.map((own) => own.access).join(' ')).toBe(access);
    expect((student.document as { spec: unknown }).spec).toMatchObject({ objective });
  }); // biome-ignore format: rows

  it.each(['entropy', 'mixture-em', 'accuracy', 'geometric', 'majority-vote', 'dawid-skene'])(
    'accepts the rule %s where every teacher has several answers',
    (combine) => {
      const imitation = document({ answers: [5, 5, 5], run: { ensemble: { combine } } });
      const isOfVotes = combine === 'majority-vote' || combine === 'dawid-skene';
      expect(imitationModels(imitation).map(({ isSoft }) => isSoft)).toEqual([!isOfVotes, !isOfVotes, !isOfVotes]); // biome-ignore format: one line
      expect(specOf(only(imitation).student)).toMatchObject({
        ensemble: { combine },
        objective: [{ term: 'kd', temperature: 1 }],
      });
    },
  );

  it('accepts rules of votes for single answers, and refuses mixture-em for a mix of both', () => {
    const rule = (combine: string) => document({ run: { ensemble: { combine } } });
    expect(specOf(only(rule('dawid-skene')).student)).toMatchObject({ objective: [{ term: 'kd' }] });
    const mixed = () => document({ answers: [5, 5, 1], run: { ensemble: { combine: 'mixture-em' } } });
    expect(mixed).toThrow(/spec.train.run.objective\[0\].teachers: .*mixture-em/);
  }); // biome-ignore format: one line

  it('has a seed per run, and the label of what was kept', () => {
    const runs = imitationRuns(document({ run: { training: { seed: 7, epochs: 3 } } }), {
      runId: 'mine',
      seedCount: 2,
      kept: 'abc',
    });
    expect(runs.map(({ seed, student }) => [seed, student.runId])).toEqual([[7, 'mine'], [8, 'mine-2']]); // biome-ignore format: one line
    expect(runs[1]?.student.document).toMatchObject({
      metadata: { name: 'words', labels: { kept: 'abc' } },
      spec: { training: { seed: 8, epochs: 3 } },
    });
  });
});

describe('the runs of an imitation with explanations', () => {
  const explanations = { explanations: 'modality', explained: { weight: 0.25, temperature: 3 } };

  it('include the explained teacher, the student and the plain student', () => {
    const imitation = document({ answers: [5, 1, 1], train: explanations });
    const { student, teacher } = only(imitation);
    expect([student.runId, teacher?.explained.runId, teacher?.plain.runId]).toEqual([
      'words',
      'words-explained',
      'words-plain',
    ]);
    const [own, explained, plain] = [student, teacher?.explained, teacher?.plain].map(specOf);
    const blackBoxes = [
      { name: 'a', model: 'words.a', access: 'gray' },
      { name: 'b', model: 'words.b', access: 'black' },
      { name: 'c', model: 'words.c', access: 'black' },
    ];
    const base = [
      { term: 'kd', temperature: 1, weight: 1 / 3, teachers: ['a'] },
      { term: 'vote', weight: 2 / 3, teachers: ['b', 'c'] },
    ];
    expect(explained).toMatchObject({ student: { modality: 'explained', baseline: 'none' }, teachers: blackBoxes, objective: base }); // biome-ignore format: one line
    expect(plain).toMatchObject({ student: { modality: 'input', baseline: 'none' }, teachers: blackBoxes, objective: base }); // biome-ignore format: one line
    expect(own).toMatchObject({
      student: { modality: 'input', baseline: 'train' },
      teachers: [...blackBoxes, { name: 'explained', model: 'run:words-explained' }],
      // (1 − λ) of the weights of the others, and λ.
      objective: [
        { term: 'kd', temperature: 1, weight: 0.25, teachers: ['a'] },
        { term: 'vote', weight: 0.5, teachers: ['b', 'c'] },
        { term: 'kd', temperature: 3, weight: 0.25, teachers: ['explained'] },
      ],
    });
  });

  it('leave out the black boxes at weight 1, and have the seeds in pairs', () => {
    const imitation = document({ train: { explanations: 'modality', explained: { weight: 1 } } });
    const runs = imitationRuns(imitation, { runId: 'words', seedCount: 2 });
    expect(specOf(runs[1]?.student)).toMatchObject({
      training: { seed: 2 },
      teachers: [{ name: 'explained', model: 'run:words-explained-2' }],
      objective: [{ term: 'kd', weight: 1, temperature: 2 }],
    });
    expect(specOf(runs[1]?.teacher?.plain)).toMatchObject({ training: { seed: 2 } });
  });

  it('have the names of teacherHealth.accept that are their teachers', () => {
    const accept = ['a', 'explained'];
    const { student, teacher } = only(document({ train: explanations, run: { teacherHealth: { accept } } })); // biome-ignore format: one line
    expect(specOf(student)).toMatchObject({ teacherHealth: { accept } });
    expect(specOf(teacher?.plain)).toMatchObject({ teacherHealth: { accept: ['a'] } });
    const strange = () =>
      document({ train: explanations, run: { teacherHealth: { accept: ['z'] } } });
    expect(strange).toThrow('spec.train.run.teacherHealth.accept[0]');
  });

  it('have a dawid-skene teacher beside the explained one with teach: dawid-skene', () => {
    const { student } = only(document({ train: { ...explanations, teach: 'dawid-skene' } }));
    expect(specOf(student)).toMatchObject({ teachers: [{ name: 'dawid-skene', access: 'gray' }, { name: 'explained' }] }); // biome-ignore format: one line
  });

  it.each<[Changes, string]>([
    [{ explains: false, train: explanations }, 'spec.train.explanations: no teacher is asked for one; want ask.schema'],
    [{ train: { explained: {} } }, 'spec.train.explained: means nothing without train.explanations'],
    [{ train: { ...explanations, explained: { weight: 0 } } }, 'spec.train.explained.weight: '],
    [{ train: explanations, inputs: { text: undefined, numbers: ['n'] } }, 'spec.train.explanations: wants texts'],
    [{ train: explanations, run: { objective: [{ term: 'vote' }] } }, 'spec.train.run.objective: comes from train.explained'],
    [{ train: explanations, run: { student: { model: { architecture: 'mlp' }, modality: 'x' } } }, 'spec.train.run.student.modality: comes from'],
    [{ train: explanations, run: { ensemble: { combine: 'majority-vote' } } }, 'spec.train.run.ensemble.combine: counts final answers alone'],
  ])('are refused for %j', (changes, message) => {
    expect(() => document(changes)).toThrow(message);
  }); // biome-ignore format: rows
});
