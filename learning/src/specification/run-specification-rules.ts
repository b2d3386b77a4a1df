/**
 * What must hold between the fields of a specification, whatever else is wrong with it.
 *
 * They look at the document as it was written, not at what the schema makes of it, so that a user gets
 * these problems together with those of single fields. A field of a wrong type is the schema's to report:
 * here it is as if it were absent.
 */
import type { Problem } from '@lyceum/proto';
import { isMapping, pathText } from '../documents/index.js';
import { SCHEDULES } from '../learning-rates/index.js';
import { OPTIMIZER_NAMES, OPTIMIZERS } from '../optimizers/index.js';
import {
  answersProblems,
  DEFAULT_OBJECTIVE,
  ensembleProblems,
  featureProblems,
  objectiveProblems,
  quorumProblems,
  teacherHealthProblems,
  viewsProblems,
} from './distillation/index.js';
import { meansDistillation } from './run-specification-schema.js';
import { studentSizeProblems } from './student-size.js';

type Mapping = Readonly<Record<string, unknown>>;

export function problemsBetweenFields(document: unknown): Problem[] {
  const run = mapping(document);
  const spec = mapping(run['spec']);
  const distils = meansDistillation(document);
  const teachers = list(spec['teachers']).map(mapping);
  const ensemble = mapping(spec['ensemble']);
  const objective = list(spec['objective'] ?? DEFAULT_OBJECTIVE);
  return [
    ...(distils
      ? [
          ...teacherProblems(teachers),
          ...ensembleProblems(ensemble, teachers),
          ...quorumProblems(ensemble, teachers),
          ...objectiveProblems(objective, ensemble, teachers),
          ...viewsProblems(mapping(spec['views']), ensemble, objective.map(mapping)),
          ...teacherHealthProblems(list(mapping(spec['teacherHealth'])['accept']), teachers),
          ...answersProblems(spec, objective.map(mapping)),
          ...featureProblems(objective.map(mapping), ensemble, teachers),
        ]
      : []),
    ...studentSizeProblems(mapping(spec['student'])['model']),
    ...trainingProblems(mapping(spec['training'])),
  ];
}

function teacherProblems(teachers: readonly Mapping[]): Problem[] {
  const problems: Problem[] = [];
  if (teachers.length > 0 && teachers.every(({ weight }) => weight === 0)) {
    problems.push({
      path: 'spec.teachers',
      message: 'all weights are 0; at least one must be greater',
    });
  }
  const firstIndex = new Map<string, number>();
  for (const [index, { name }] of teachers.entries()) {
    if (typeof name !== 'string') continue;
    const first = firstIndex.get(name);
    if (first === undefined) firstIndex.set(name, index);
    else {
      problems.push({
        path: pathText(['spec', 'teachers', index, 'name']),
        message: `"${name}" is the name of spec.teachers[${first}] too; names must differ`,
      });
    }
  }
  return problems;
}

function trainingProblems(training: Mapping): Problem[] {
  const problems: Problem[] = [];
  if (training['epochs'] !== undefined && training['steps'] !== undefined) {
    problems.push({ path: 'spec.training.steps', message: 'give epochs or steps, not both' });
  }
  const { optimizer = OPTIMIZER_NAMES[0] } = training;
  for (const { name, settings } of OPTIMIZERS) {
    for (const field of Object.keys(settings)) {
      if (training[field] === undefined || optimizer === name) continue;
      problems.push({
        path: `spec.training.${field}`,
        message: `belongs to optimizer: ${name}, and the optimizer is ${String(optimizer)}`,
      });
    }
  }
  const learningRate = mapping(training['learningRate']);
  for (const { name, problem } of SCHEDULES) {
    const found = problem?.(mapping(learningRate[name]));
    if (found === undefined) continue;
    const path = `spec.training.learningRate.${name}.${found.path}`;
    problems.push({ path, message: found.message });
  }
  return problems;
}

function mapping(value: unknown): Mapping {
  return isMapping(value) ? value : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
