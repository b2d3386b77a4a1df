/**
 * Teachers measured before any student is trained: their answers from the store, asked for where they are missing,
 * and then the table of all rules. The table waits until canaries have proven the answers; those of teachers whose
 * canaries cost money are believed, since no run pays for the canaries.
 */
import { type SplitName, splitSamples } from '@lyceum/learning/datasets';
import { needsFit, parseRule } from '@lyceum/learning/ensemble';
import { isPaidEngine } from '@lyceum/learning/formats';
import { Wakeup } from '@lyceum/platform';
import {
  type EvaluateEnsembleRequest,
  type EvaluateEnsembleResponse,
  InvalidDocumentError,
  LyceumError,
  MODALITY_NAME,
  type Problem,
  toLyceumError,
} from '@lyceum/proto';
import type { AnswerStore } from '../answers/index.js';
import {
  type ArtifactCatalog,
  ArtifactLookup,
  type DatasetOutline,
  type NamedTeacher,
} from '../artifacts/index.js';
import type { EnsembleTable } from '../documents/index.js';
import type { TeacherCanaries } from '../health/index.js';
import { chooseRules, type EnsembleTableInput } from '../report/index.js';
import type { PinnedTeacher, RunStore } from '../runs/index.js';
import { runTask } from '../tasks/index.js';
import { SplitAnswers, type TeacherUser, type TicketDesk } from '../tickets/index.js';

/** What rules are fitted to. */
const HELD_OUT: SplitName = 'validation';

/** How often a caller that waits is told why, if that has changed. */
const TELL_MS = 1_000;

export interface EnsembleEvaluationParts {
  readonly store: RunStore;
  readonly catalog: ArtifactCatalog;
  readonly answers: AnswerStore;
  readonly desk: TicketDesk;
  readonly canaries: Pick<TeacherCanaries, 'answerNumber' | 'unprovenOf' | 'prove'>;
  readonly changed: () => void;
}

export class EnsembleEvaluations {
  readonly #parts: EnsembleEvaluationParts;
  readonly #open = new Map<string, TeacherUser>();
  #count = 0;

  constructor(parts: EnsembleEvaluationParts) {
    this.#parts = parts;
  }

  /** In the order in which they came. */
  users(): TeacherUser[] {
    return [...this.#open.values()];
  }

  /**
   * Yields why the evaluation waits, whenever that changes, and the table at last.
   *
   * @throws {InvalidDocumentError} naming every teacher or set that is not there or does not fit.
   * @throws {LyceumError} INVALID_ARGUMENT for a rule or split that cannot be measured; FAILED_PRECONDITION if a
   *   teacher cannot answer.
   */
  async *evaluate(
    request: EvaluateEnsembleRequest,
    signal: AbortSignal,
  ): AsyncGenerator<EvaluateEnsembleResponse, void, undefined> {
    const { teachers, dataset, outline } = await this.#find(request);
    const plan = planOf(request, outline, teachers);
    const id = `ensemble/${++this.#count}`;
    const user: TeacherUser = { id, teachers, dataset, reason: '' };
    const settled = new Wakeup();
    const answers = plan.splits.map(
      (split) =>
        new SplitAnswers({
          askerId: `${id}/${split}`,
          teachers,
          dataset: outline,
          split,
          desk: this.#parts.desk,
          store: this.#parts.answers,
          onSettled: () => settled.wake(),
        }),
    );
    const proof = new Proof(teachers, this.#parts.canaries);
    this.#open.set(id, user);
    this.#parts.changed();
    try {
      for (;;) {
        proof.begin();
        for (const split of answers) split.start();
        let told = '';
        for (;;) {
          const isComplete = answers.every(({ complete }) => complete);
          const awaited = isComplete ? proof.awaited() : "waiting for the teachers' answers";
          if (awaited === undefined) break;
          const failure = answers.find((split) => split.failure !== undefined)?.failure;
          if (failure !== undefined) throw new LyceumError('FAILED_PRECONDITION', failure);
          if (signal.aborted) throw toLyceumError(signal.reason);
          const reason = user.reason || awaited;
          if (reason !== told) yield { part: { $case: 'waiting', waiting: reason } };
          told = reason;
          await settled.wait({ signal, ms: TELL_MS });
        }
        const input = await inputOf(plan, outline, teachers, answers);
        // Answers that were deleted meanwhile are asked for again.
        if (input === undefined) continue;
        const table = await runTask<EnsembleTableInput, EnsembleTable>(
          new URL('../../dist/report/ensemble-table.js', import.meta.url),
          'ensembleTable',
          input,
          'evaluation of an ensemble',
        );
        yield { part: { $case: 'tableJson', tableJson: JSON.stringify(table) } };
        return;
      }
    } finally {
      for (const split of answers) split.stop();
      this.#open.delete(id);
      this.#parts.changed();
    }
  }

  async #find(request: EvaluateEnsembleRequest) {
    const problems: Problem[] = [];
    const lookup = new ArtifactLookup(this.#parts.catalog, this.#parts.store, problems);
    const found = await lookup.dataset('dataset', request.dataset);
    const teachers: PinnedTeacher[] = [];
    for (const [index, name] of request.teachers.entries()) {
      const path = `teachers[${index}]`;
      if (request.teachers.indexOf(name) < index) {
        problems.push({ path, message: `${name} is named twice` });
      }
      const named = namedTeacher(name);
      if (named.modality !== undefined && !MODALITY_NAME.test(named.modality)) {
        problems.push({ path, message: `want MODEL or MODEL@MODALITY, got ${name}` });
        continue;
      }
      const teacher = await lookup.teacher({ model: path, modality: path }, named, found?.outline);
      if (teacher !== undefined) teachers.push(teacher);
    }
    if (request.teachers.length === 0) {
      problems.push({ path: 'teachers', message: 'names no model; want one at least' });
    }
    if (problems.length > 0 || found === undefined) {
      throw new InvalidDocumentError('the evaluation', problems);
    }
    return { teachers, dataset: found.reference, outline: found.outline };
  }
}

/** Whether canaries have proven the teachers' answers; teachers whose canaries cost money are believed. */
class Proof {
  readonly #teachers: readonly PinnedTeacher[];
  readonly #canaries: EnsembleEvaluationParts['canaries'];
  /** The number of the last of the answers that are compared; undefined: some are lacking. */
  #answerNumber: number | undefined;

  constructor(teachers: readonly PinnedTeacher[], canaries: EnsembleEvaluationParts['canaries']) {
    this.#teachers = teachers.filter(({ engine }) => !isPaidEngine(engine));
    this.#canaries = canaries;
  }

  /** Called when answers are asked for: those that come have to be proven too. */
  begin(): void {
    this.#answerNumber = undefined;
  }

  /**
   * Called when all answers are there. Asks for canaries that are lacking.
   *
   * @returns what is waited for; undefined: nothing.
   */
  awaited(): string | undefined {
    const canaries = this.#canaries;
    this.#answerNumber ??= canaries.answerNumber;
    const unproven = canaries.unprovenOf(this.#teachers, this.#answerNumber);
    if (unproven === undefined) return undefined;
    canaries.prove(this.#teachers);
    return `waiting for teacher ${unproven.name} to show that its answers were its own`;
  }
}

/** `MODEL`, or `MODEL@MODALITY`. */
function namedTeacher(name: string): NamedTeacher {
  const at = name.indexOf('@');
  if (at < 0) return { name, model: name, weight: 1 };
  return { name, model: name.slice(0, at), modality: name.slice(at + 1), weight: 1 };
}

interface EvaluationPlan extends Pick<EnsembleTableInput, 'rules' | 'omitted'> {
  readonly split: SplitName;
  /** Splits that teachers are asked about, the measured one first. */
  readonly splits: readonly SplitName[];
}

function planOf(
  request: EvaluateEnsembleRequest,
  dataset: DatasetOutline,
  teachers: readonly PinnedTeacher[],
): EvaluationPlan {
  const split = (request.split || 'test') as SplitName;
  if (!['train', 'validation', 'test'].includes(split)) {
    const message = `split: want train, validation or test, got "${split}"`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  if (!labelsOf(dataset, split).some((label) => label >= 0)) {
    const message = `the ${split} split has no labelled samples to measure by`;
    throw new LyceumError('INVALID_ARGUMENT', message);
  }
  const unfittable =
    split === HELD_OUT
      ? `that is done on the ${HELD_OUT} split, which is measured here; measure another split`
      : labelsOf(dataset, HELD_OUT).some((label) => label >= 0)
        ? undefined
        : `the ${HELD_OUT} split, on which that is done, has no labelled samples`;
  const some = teachers.find(({ knownClasses }) => knownClasses !== undefined);
  const partial =
    some && `${some.name} knows ${some.knownClasses?.length} of ${dataset.classCount}`;
  const chosen = chooseRules(request.rules, unfittable, partial);
  const fits = chosen.rules.some((rule) => needsFit(parseRule(rule)));
  return { ...chosen, split, splits: fits ? [split, HELD_OUT] : [split] };
}

/** Undefined: some answers are not readable any more. */
async function inputOf(
  { split, rules, omitted }: EvaluationPlan,
  dataset: DatasetOutline,
  teachers: readonly PinnedTeacher[],
  [measured, heldOut]: readonly SplitAnswers[],
): Promise<EnsembleTableInput | undefined> {
  const read: EnsembleTableInput['teachers'][number][] = [];
  for (const teacher of teachers) {
    const { name, identity, knownClasses } = teacher;
    const logits = await measured?.read(teacher);
    const heldOutLogits = heldOut === undefined ? new Float32Array() : await heldOut.read(teacher);
    if (logits === undefined || heldOutLogits === undefined) return undefined;
    const known = knownClasses && { knownClasses };
    read.push({ name, identity, logits, heldOutLogits, ...known });
  }
  return {
    datasetDigest: dataset.digest,
    classCount: dataset.classCount,
    split,
    heldOutSplit: HELD_OUT,
    labels: labelsOf(dataset, split),
    heldOutLabels: labelsOf(dataset, HELD_OUT),
    teachers: read,
    rules,
    omitted,
  };
}

function labelsOf(dataset: DatasetOutline, split: SplitName): Int32Array {
  return Int32Array.from(splitSamples(dataset, split), (s) => dataset.labels[s] as number);
}
