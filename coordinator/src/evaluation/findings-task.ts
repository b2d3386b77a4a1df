/** The task of {@link RunFindings}: reading predictions takes seconds. */
import { readFileSync } from 'node:fs';
import { NpzOnDisk } from '@lyceum/learning/files';
import { LyceumError } from '@lyceum/proto';
import type { Findings, Report } from '../documents/index.js';
import { composeFindings, type PredictedRows, type PredictionRows } from '../report/index.js';
import { shownSamples } from './shown-samples.js';

export interface FindingsRequest {
  readonly runId: string;
  /** Files: the report's JSON, the NPZ of predictions, and the set where it is still there. */
  readonly report: string;
  readonly predictions: string;
  readonly dataset: string | undefined;
  /** What the student sees. */
  readonly modality: string | undefined;
}

/** @returns JSON of kind Findings. @public */
export async function findings(request: FindingsRequest): Promise<string> {
  const { runId, dataset, modality } = request;
  const report = JSON.parse(readFileSync(request.report, 'utf8')) as Report;
  const file = new NpzOnDisk(request.predictions, 'predictions');
  try {
    const predictions = predictionRows(file, report);
    const { models, examples } = composeFindings(predictions);
    const rows = examples.map(({ row }) => row);
    const shown = dataset === undefined ? [] : await shownSamples(dataset, modality, rows);
    const found: Findings = {
      apiVersion: 'lyceum.dev/v1alpha1',
      kind: 'Findings',
      runId,
      classNames: report.dataset.classNames,
      sampleCount: predictions.labels.filter((label) => label >= 0).length,
      models,
      examples: shown.flatMap((sample, i) => {
        const example = examples[i];
        return example === undefined ? [] : [{ ...example, shown: sample }];
      }),
    };
    return JSON.stringify(found);
  } finally {
    file.close();
  }
}

function predictionRows(file: NpzOnDisk, report: Report): PredictionRows {
  const required = (name: string) => {
    const array = file.array(name);
    if (array !== undefined) return array;
    throw new LyceumError('INTERNAL', `the predictions have no ${name}`);
  };
  const all = (name: string) => {
    const array = required(name);
    return array.rows(0, array.shape[0] ?? 0) as Int32Array;
  };
  const final = new Set(
    report.teachers.filter(({ access }) => access === 'black').map(({ name }) => `teacher.${name}`),
  );
  const models = file.names
    .filter((name) => /^(student.*|ensemble|teacher[.].*)$/s.test(name))
    .map((name): PredictedRows => {
      const array = required(name);
      const rows = (first: number, end: number) => array.rows(first, end) as Float32Array;
      return { name, isFinal: final.has(name), rows };
    });
  return {
    sampleIds: all('sampleId'),
    labels: all('label'),
    classCount: report.dataset.classCount,
    models,
  };
}
