/**
 * A teacher's answers to the samples of one data set, as a model's package: a zip of `answers.npy`, `recorded.json` and
 * `settings.json`. Answers can teach without a model, however they were obtained.
 *
 * `answers.npy` is int32 [N], classes and −1 for no answer, or float32 [N, C], logits of every sample. N is the number
 * of all samples of the set, in its order.
 */
import { InvalidDocumentError, type Problem, toLyceumError } from '@lyceum/proto';
import type { Dataset } from '../../datasets/index.js';
import { readNpy, writeNpy, writeZip } from '../../files/index.js';
import {
  type ModelDescription,
  type ModelSettings,
  type PackageMembers,
  packedMember,
  packedSettings,
  packedText,
  settingsJson,
} from '../../models/index.js';

/** The set that the answers belong to. */
type RecordedSet = Pick<Dataset, 'digest' | 'sampleCount' | 'classCount'>;

export type RecordedAnswers =
  /** Classes, [N]; −1: no answer. */
  | { readonly kind: 'classes'; readonly classes: Int32Array }
  /** Logits, [N, C], finite. */
  | { readonly kind: 'logits'; readonly logits: Float32Array };

export interface RecordedPackage {
  readonly dataset: RecordedSet;
  readonly answers: RecordedAnswers;
  readonly settings: ModelSettings;
}

export const RECORDED_MEMBER = 'recorded.json';
const ANSWERS_MEMBER = 'answers.npy';
const FORMAT = 'lyceum.dev/recorded/v1';

/** @throws {InvalidDocumentError} if the answers do not fit the set. */
export function encodeRecordedPackage(recorded: RecordedPackage, source = 'answers'): Buffer {
  const { dataset, answers, settings } = recorded;
  const problems = recordedProblems(recorded);
  if (problems.length > 0) throw new InvalidDocumentError(source, problems);
  const { digest, sampleCount, classCount } = dataset;
  const array =
    answers.kind === 'classes'
      ? writeNpy({ dtype: 'int32', shape: [sampleCount], data: answers.classes })
      : writeNpy({ dtype: 'float32', shape: [sampleCount, classCount], data: answers.logits });
  const document = { format: FORMAT, dataset: { digest, sampleCount, classCount } };
  return writeZip(
    new Map([
      [ANSWERS_MEMBER, array],
      [RECORDED_MEMBER, Buffer.from(JSON.stringify(document))],
      ['settings.json', Buffer.from(settingsJson(settings))],
    ]),
  );
}

/** @throws {InvalidDocumentError} naming all that is wrong. */
export function parseRecordedPackage(members: PackageMembers, source: string): RecordedPackage {
  const refuse = (path: string, message: string) =>
    new InvalidDocumentError(source, [{ path, message }]);
  const settings = packedSettings(members, source);
  const dataset = parseSet(packedText(members, RECORDED_MEMBER, source));
  if (typeof dataset === 'string') throw refuse(RECORDED_MEMBER, dataset);
  const file = packedMember(members, ANSWERS_MEMBER, source);
  let answers: RecordedAnswers | undefined;
  try {
    const { data, dtype, shape } = readNpy(file, ANSWERS_MEMBER);
    if (data instanceof Int32Array && shape.length === 1) {
      answers = { kind: 'classes', classes: data };
    } else if (data instanceof Float32Array && shape.length === 2) {
      answers = { kind: 'logits', logits: data };
    } else throw refuse(ANSWERS_MEMBER, `is ${dtype} [${shape}]; want int32 [N] or float32 [N, C]`);
  } catch (err) {
    if (err instanceof InvalidDocumentError) throw err;
    throw refuse(ANSWERS_MEMBER, toLyceumError(err).message);
  }
  const recorded = { dataset, answers, settings };
  const problems = recordedProblems(recorded);
  if (problems.length > 0) throw new InvalidDocumentError(source, problems);
  return recorded;
}

/** Reads the set's description. @returns the set, or what is wrong. */
function parseSet(text: string): RecordedSet | string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return 'is not JSON';
  }
  const { format, dataset } = (document ?? {}) as { format?: unknown; dataset?: unknown };
  if (format !== FORMAT) return `has format ${JSON.stringify(format)}; want "${FORMAT}"`;
  const { digest, sampleCount, classCount } = (dataset ?? {}) as Partial<RecordedSet>;
  const counts = [sampleCount, classCount].every((n) => Number.isInteger(n) && Number(n) > 0);
  if (!counts || typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest)) {
    return 'names no data set: want dataset with digest, sampleCount and classCount';
  }
  return { digest, sampleCount: Number(sampleCount), classCount: Number(classCount) };
}

function recordedProblems({ dataset, answers }: RecordedPackage): Problem[] {
  const { sampleCount, classCount } = dataset;
  const wrong = (message: string): Problem[] => [{ path: ANSWERS_MEMBER, message }];
  if (answers.kind === 'classes') {
    const { classes } = answers;
    if (classes.length !== sampleCount) {
      return wrong(`has ${classes.length} answers, and the data set ${sampleCount} samples`);
    }
    const sample = classes.findIndex((own) => own < -1 || own >= classCount);
    if (sample >= 0) return wrong(`sample ${sample} has class ${classes[sample]} of ${classCount}`);
    return classes.some((own) => own >= 0) ? [] : wrong('has no answer at all');
  }
  const { logits } = answers;
  if (logits.length !== sampleCount * classCount) {
    return wrong(`has ${logits.length} numbers; want ${sampleCount} rows of ${classCount}`);
  }
  const at = logits.findIndex((value) => !Number.isFinite(value));
  return at < 0 ? [] : wrong(`sample ${Math.floor(at / classCount)} has the logit ${logits[at]}`);
}

export interface RecordedDescription extends ModelDescription {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Digest of the one set that the teacher has answers to. */
  readonly recordedDataset: string;
  readonly classesOnly: boolean;
  /** Some samples have no answer. */
  readonly mayAbstain: boolean;
}

export function describeRecorded({
  dataset,
  answers,
  settings,
}: RecordedPackage): RecordedDescription {
  const { digest, classCount, sampleCount } = dataset;
  const isClasses = answers.kind === 'classes';
  const answered = isClasses ? answers.classes.filter((own) => own >= 0).length : sampleCount;
  const values = isClasses ? answers.classes : answers.logits;
  return {
    classCount,
    parameterCount: 0,
    weightBytes: values.byteLength,
    output: settings.output,
    inputs: [`${answered} of ${sampleCount} samples of ${digest.slice(0, 12)}`],
    outputs: [isClasses ? 'class' : 'logits'],
    recordedDataset: digest,
    classesOnly: isClasses,
    mayAbstain: answered < sampleCount,
  };
}
