/** What is wrong with arrays and names that should be a data set. */
import {
  elementCount,
  InvalidDocumentError,
  MODALITY_NAME,
  MODALITY_NAME_RULE,
  type Problem,
} from '@lyceum/proto';
import { nameProblem, shownName } from '../files/index.js';
import {
  arrayName,
  type DatasetOutline,
  MAX_CLASSES,
  MAX_MODALITIES,
  NAMELESS,
  SPLIT_NUMBERS,
  type StoredDatasetParts,
} from './dataset.js';
import { encodingWidth } from './encoding/index.js';
import { sampleTextsProblem } from './sample-texts.js';
import { tableCellsProblem, tableColumnsProblem } from './table-cells.js';

/** Everything that is wrong with `parts` as a data set. */
export function datasetProblems(parts: StoredDatasetParts): Problem[] {
  const problems = outlineProblems(parts);
  for (const [name, modality] of parts.modalities) {
    const { inputs, sampleShape, texts, columns, cells } = modality;
    const wrong = (message: string) => problems.push({ path: arrayName('inputs', name), message });
    const features = elementCount(sampleShape);
    if (inputs.length !== parts.sampleCount * features) {
      wrong(`want ${parts.sampleCount * features} values, got ${inputs.length}`);
    }
    if (inputs instanceof Float32Array) {
      const index = inputs.findIndex((value) => !Number.isFinite(value));
      if (index >= 0) wrong(`sample ${Math.floor(index / features)} holds ${inputs[index]}`);
    }
    const textsProblem = texts && sampleTextsProblem(texts, parts.sampleCount);
    if (textsProblem !== undefined) {
      problems.push({ path: arrayName('texts', name), message: textsProblem });
    }
    const cellsProblem =
      columns !== undefined && cells !== undefined
        ? tableCellsProblem(columns, cells, parts.sampleCount)
        : (columns ?? cells) && 'want columns with their cells, or neither';
    if (cellsProblem !== undefined) {
      problems.push({ path: arrayName('numbers', name), message: cellsProblem });
    }
  }
  return problems;
}

/** @throws {InvalidDocumentError} naming all that is wrong with the names. */
export function checkModalityNames(names: readonly string[], source: string): void {
  const problems = nameProblems(names);
  if (problems.length > 0) throw new InvalidDocumentError(source, problems);
}

/** As {@link datasetProblems}, for a set whose inputs are elsewhere. */
export function outlineProblems(parts: DatasetOutline): Problem[] {
  const problems = nameProblems([...parts.modalities.keys()]);
  const wrong = (path: string, message: string) => problems.push({ path, message });
  const { sampleCount, classCount, classNames } = parts;
  for (const [name, { sampleShape, inputScale, encoding, columns }] of parts.modalities) {
    const at = (field: string) => (name === NAMELESS ? field : `modalities.${name}.${field}`);
    const imageOrFlat = sampleShape.length === 1 || sampleShape.length === 3;
    if (!imageOrFlat || !sampleShape.every((n) => Number.isInteger(n) && n > 0)) {
      wrong(
        arrayName('inputs', name),
        `samples have shape [${sampleShape}]; want [height, width, channels] or [length]`,
      );
    }
    if (!(Number.isFinite(inputScale) && inputScale > 0)) {
      wrong(at('inputScale'), `must be greater than 0, got ${inputScale}`);
    }
    const width = encoding && encodingWidth(encoding);
    if (width !== undefined && `${sampleShape}` !== `${width}`) {
      wrong(at('encoding'), `gives ${width} numbers, and samples have shape [${sampleShape}]`);
    }
    const columnsProblem = columns && tableColumnsProblem(columns);
    if (columnsProblem !== undefined) wrong(at('columns'), columnsProblem);
  }
  if (sampleCount < 1) wrong('inputs', 'there are no samples');
  if (!Number.isInteger(classCount) || classCount < 2 || classCount > MAX_CLASSES) {
    wrong('classCount', `must be a whole number from 2 to ${MAX_CLASSES}, got ${classCount}`);
  }
  if (classNames.length !== classCount) {
    wrong('classNames', `want ${classCount} names, got ${classNames.length}`);
  }
  const nameless = classNames.find((name) => nameProblem(name) !== undefined);
  if (nameless !== undefined) {
    wrong('classNames', `${shownName(nameless)} ${nameProblem(nameless)}`);
  }
  const seen = new Set<string>();
  const twice = classNames.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) wrong('classNames', `${shownName(twice)} is there twice`);
  for (const name of ['labels', 'splits'] as const) {
    if (parts[name].length !== sampleCount) {
      wrong(name, `want ${sampleCount}, one a sample, got ${parts[name].length}`);
    }
  }
  const label = parts.labels.findIndex((value) => value < -1 || value >= classCount);
  if (label >= 0) {
    const range = `a class from 0 to ${classCount - 1}, or -1 for unlabelled`;
    wrong('labels', `sample ${label} has label ${parts.labels[label]}; want ${range}`);
  }
  const split = parts.splits.findIndex((value) => value < 1 || value > 3);
  if (split >= 0) {
    const numbers = '1 (train), 2 (validation) or 3 (test)';
    wrong('splits', `sample ${split} has split ${parts.splits[split]}; want ${numbers}`);
  }
  if (!parts.splits.includes(SPLIT_NUMBERS.train)) wrong('splits', 'the train split is empty');
  return problems;
}

function nameProblems(names: readonly string[]): Problem[] {
  if (names.length === 1 && names[0] === NAMELESS) return [];
  const problems: Problem[] = [];
  if (names.length === 0 || names.length > MAX_MODALITIES) {
    const message = `want 1 to ${MAX_MODALITIES}, got ${names.length}`;
    problems.push({ path: 'modalities', message });
  }
  for (const name of names) {
    if (MODALITY_NAME.test(name)) continue;
    const message =
      name === NAMELESS
        ? 'one has no name, and there are others'
        : `"${name}" is no name of one; want ${MODALITY_NAME_RULE}`;
    problems.push({ path: 'modalities', message });
  }
  return problems;
}
