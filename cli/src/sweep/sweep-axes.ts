/**
 * The axes of a sweep: fields, each with its values.
 *
 *   --sweep training.seed=1,2,3
 *   --sweep 'student.model={architecture: mlp, hiddenUnits: [30]},{architecture: lenet}'
 *   --sweep sweep.yaml        # a mapping: `training.seed: [1, 2, 3]`, …
 *
 * Paths are those of `--set`; the values of one axis are a YAML list without its brackets.
 */
import { pathText } from '@lyceum/learning/documents';
import { cut, InvalidDocumentError, LyceumError, type Problem, toLyceumError } from '@lyceum/proto';
import { type FieldPath, parseFieldPath, readDocumentText, readYaml } from '../files/index.js';

export interface SweepAxis {
  readonly path: FieldPath;
  /** At least one value; all are different. */
  readonly values: readonly unknown[];
}

/** Collects the texts of a repeatable option. */
export function addSweep(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

/** Letters of an axis shown in an error: enough to recognise the axis. */
const SHOWN_LETTERS = 200;

/**
 * @param texts - `PATH=VALUES`, or names of files.
 * @param file - the specification's file.
 * @throws {LyceumError} INVALID_ARGUMENT naming an axis that is malformed, empty or given twice; of a file, all its
 *   malformed axes.
 */
export async function sweepAxes(texts: readonly string[], file: string): Promise<SweepAxis[]> {
  if ([file, ...texts].filter((text) => text === '-').length > 1) {
    throw new LyceumError(
      'INVALID_ARGUMENT',
      '--sweep -: standard input is read once; want a file',
    );
  }
  const axes: SweepAxis[] = [];
  for (const text of texts) {
    const given = text.includes('=') ? [axisOf(text)] : await axesOfFile(text);
    for (const axis of given) {
      const path = pathText(axis.path);
      if (axes.some((other) => pathText(other.path) === path)) {
        throw new LyceumError(
          'INVALID_ARGUMENT',
          `--sweep ${cut(text, SHOWN_LETTERS)}: ${path} is swept twice`,
        );
      }
      axes.push(axis);
    }
  }
  return axes;
}

function axisOf(text: string): SweepAxis {
  const equals = text.indexOf('=');
  const wrong = (problem: string) =>
    new LyceumError(
      'INVALID_ARGUMENT',
      `--sweep ${cut(text, SHOWN_LETTERS)}: ${problem}; want PATH=VALUE,VALUE,… as in training.seed=1,2,3, or a file`,
    );
  const read = readYaml(`[${text.slice(equals + 1)}]`);
  if ('problem' in read) throw wrong(`the list of its values ${read.problem.message}`);
  try {
    return checkedAxis(text.slice(0, equals), read.value);
  } catch (err) {
    throw wrong(toLyceumError(err).message);
  }
}

async function axesOfFile(file: string): Promise<SweepAxis[]> {
  const read = readYaml(await readDocumentText(file, process.stdin, `--sweep ${file}`));
  if ('problem' in read) throw new InvalidDocumentError(`--sweep ${file}`, [read.problem]);
  const document = read.value;
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    const message = 'want a mapping from fields to lists of values, as in training.seed: [1, 2, 3]';
    throw new InvalidDocumentError(`--sweep ${file}`, [{ path: '', message }]);
  }
  const problems: Problem[] = [];
  const axes: SweepAxis[] = [];
  for (const [path, values] of Object.entries(document)) {
    try {
      axes.push(checkedAxis(path, values));
    } catch (err) {
      if (!(err instanceof LyceumError)) throw err;
      problems.push({ path, message: err.message });
    }
  }
  if (problems.length > 0) throw new InvalidDocumentError(`--sweep ${file}`, problems);
  return axes;
}

function checkedAxis(path: string, values: unknown): SweepAxis {
  const field = parseFieldPath(path);
  const wrong = (problem: string) => new LyceumError('INVALID_ARGUMENT', problem);
  if (!Array.isArray(values)) throw wrong('want a list of values');
  if (values.length === 0) throw wrong('has no values');
  const texts = values.map((value) => JSON.stringify(value));
  const twice = texts.find((text, index) => texts.indexOf(text) < index);
  if (twice !== undefined) throw wrong(`has the value ${twice} twice`);
  const name = pathText(field);
  if (name === 'metadata.name' || name === `metadata.labels.${SWEEP_LABEL}`) {
    throw wrong("is the sweep's own to write");
  }
  return { path: field, values };
}

/** The label under which a sweep's runs are found again; its value is the sweep's name. */
export const SWEEP_LABEL = 'sweep';
