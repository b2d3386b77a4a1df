/**
 * The report as a model card in Hugging Face's format: metadata in YAML that their hub reads (`model-index`), then
 * those sections of their template (huggingface_hub, `modelcard_template.md`) for which a run has facts.
 *
 * The card has no licence, because a run does not know it.
 */
import {
  bytesText,
  countText,
  durationText,
  fixedText,
  intervalText,
  lossText,
  modelRows,
  NOT_KNOWN,
  orNotKnown,
  percentText,
  priceText,
  testSamplesText,
  wilsonInterval,
  worthRows,
  worthSentences,
} from '../components/index.js';
import { knownLimits } from './known-limits.js';
import { codeBlock, markdownTable, markdownText, yamlString } from './markdown.js';
import { isMissing, type ReportInput } from './report-input.js';
import { originSentence, summarySentences } from './summary.js';

/** Greatest number of class names listed. */
const NAMES = 100;

export function modelCard(input: ReportInput): string {
  const { report, specificationYaml } = input;
  const name = markdownText(report.runId);
  const parts = [
    frontMatter(input),
    `# Model card of ${name}`,
    markdownText(summarySentences(input).join(' ')),
    '## Model Details',
    markdownText(originSentence(report)),
    details(input),
    '## Uses',
    uses(input),
    '## Bias, Risks, and Limitations',
    knownLimits(report)
      .map((limit) => `- ${markdownText(limit)}`)
      .join('\n'),
    '## How to Get Started with the Model',
    codeBlock(`coordinator pull ${report.runId} --out student`, 'sh'),
    '## Training Details',
    '### Training Data',
    trainingData(input),
    '### Training Procedure',
    codeBlock(specificationYaml, 'yaml'),
    '## Evaluation',
    evaluation(input),
    ...teachersWorth(input),
    '## Environmental Impact',
    impact(input),
    '## Technical Specifications',
    specifications(input),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Metadata as described at https://huggingface.co/docs/hub/model-cards. */
function frontMatter({ report, findings }: ReportInput): string {
  const { runId, runKind, student, dataset } = report;
  const task = taskOf(findings);
  const metrics = [
    ['accuracy', 'Accuracy', student.accuracy],
    ['nll', 'Negative log-likelihood, nats', student.nll],
    ['ece', 'Expected calibration error', student.ece],
    ['brier_score', 'Brier score', student.brier],
  ] as const;
  const known = metrics.filter(([, , value]) => value !== null);
  return [
    '---',
    'library_name: lyceum',
    ...(task === undefined ? [] : [`pipeline_tag: ${task}`]),
    'tags:',
    '- lyceum',
    ...(runKind === 'Distillation' ? ['- knowledge-distillation'] : []),
    'model-index:',
    `- name: ${yamlString(runId)}`,
    '  results:',
    '  - task:',
    `      type: ${task ?? 'other'}`,
    '    dataset:',
    `      type: ${yamlString(datasetName(report))}`,
    `      name: ${yamlString(datasetName(report))}`,
    '      split: test',
    `      revision: ${dataset.digest}`,
    ...(known.length === 0 ? ['    metrics: []'] : ['    metrics:']),
    ...known.flatMap(([type, title, value]) => [
      `    - type: ${type}`,
      `      name: ${yamlString(title)}`,
      `      value: ${value}`,
    ]),
    '---',
  ].join('\n');
}

/** The hub's name of the task, by the kind of the test samples; undefined: not known. */
function taskOf(findings: ReportInput['findings']): string | undefined {
  if (isMissing(findings)) return undefined;
  const tasks = {
    picture: 'image-classification',
    text: 'text-classification',
    row: 'tabular-classification',
    numbers: 'tabular-classification',
    elsewhere: 'image-classification',
  };
  const kind = findings.examples[0]?.shown.kind;
  return kind === undefined ? undefined : tasks[kind];
}

function details({ report }: ReportInput): string {
  const { student, teachers, ensemble } = report;
  const lines = [
    `- **Run:** ${markdownText(report.runId)} (${report.runKind}, attempt ${report.attempt})`,
    `- **Parameters:** ${countText(student.parameters)} (${bytesText(student.bytes)})`,
    `- **SHA-256 of the model:** \`${student.modelDigest}\``,
    ...teachers.map(
      ({ name, modelDigest }) => `- **Teacher ${markdownText(name)}:** \`${modelDigest}\``,
    ),
    ...(ensemble === null ? [] : [`- **Rule:** ${markdownText(ensemble.combine)}`]),
  ];
  return lines.join('\n');
}

function uses({ report }: ReportInput): string {
  const { classNames, classCount } = report.dataset;
  const named = classNames.slice(0, NAMES).map(markdownText).join(', ');
  const more = classNames.length > NAMES ? ', …' : '';
  return `It tells ${countText(classCount)} classes apart${named === '' ? '' : `: ${named}${more}`}. It names one of them for every sample, even for a sample of none of them.`;
}

function trainingData({ report }: ReportInput): string {
  const { dataset } = report;
  return [
    `- **Set:** ${markdownText(datasetName(report))}, SHA-256 \`${dataset.digest}\``,
    `- **Training samples:** ${countText(dataset.trainCount)}, ${countText(dataset.labelledTrainCount)} of them with a label`,
    `- **Validation samples:** ${countText(dataset.validationCount)}`,
  ].join('\n');
}

function evaluation({ report }: ReportInput): string {
  const rows = modelRows(report, report.labelledTestCount).map((row) => [
    markdownText(row.name),
    accuracyText(row.accuracy, row.sampleCount),
    orNotKnown(row.nll, fixedText),
    orNotKnown(row.ece, fixedText),
    orNotKnown(row.brier, fixedText),
    orNotKnown(row.agreement, percentText),
    orNotKnown(row.parameters, countText),
  ]);
  const titles = [
    'Model',
    'Accuracy (95 %)',
    'NLL',
    'ECE',
    'Brier',
    'As the ensemble',
    'Parameters',
  ];
  return [
    `On ${testSamplesText(report)}; in brackets the 95 % interval (Wilson 1927).`,
    markdownTable(titles, rows),
    'The figures can be computed anew from what every model said of each test sample:',
    codeBlock(
      `coordinator report ${report.runId} --predictions predictions.npz -o json > report.json
python3 examples/recompute.py predictions.npz report.json`,
      'sh',
    ),
  ].join('\n\n');
}

/** The section on each teacher's cost and worth; empty for a run with fewer than two teachers. */
function teachersWorth({ report }: ReportInput): string[] {
  const rows = worthRows(report);
  if (rows.length < 2) return [];
  const sampleCount = report.worth?.test?.sampleCount ?? report.labelledTestCount;
  const titles = [
    'Teacher',
    'Device time',
    'Calls',
    'Price',
    'Ensemble without it',
    'Loss, points',
  ];
  const cells = rows.map((row) => [
    markdownText(row.name),
    orNotKnown(row.deviceSeconds, durationText),
    orNotKnown(row.calls, countText),
    row.price === null ? NOT_KNOWN : markdownText(priceText(row.price)),
    'missing' in row.loss ? markdownText(row.loss.missing) : percentText(row.loss.accuracy, 2),
    'missing' in row.loss ? NOT_KNOWN : lossText(row.loss.accuracyLoss),
  ]);
  return [
    '### Teachers: cost and worth',
    `The ensemble without each of them on ${countText(sampleCount)} test samples, from stored answers; in brackets the 95 % interval (Bonett and Price 2012).`,
    markdownTable(titles, cells),
    ...worthSentences(rows).map(markdownText),
  ];
}

function accuracyText(accuracy: number | null, count: number): string {
  if (accuracy === null) return NOT_KNOWN;
  const { low, high } = wilsonInterval(accuracy, count);
  return intervalText(accuracy, low, high);
}

function impact({ report, cost }: ReportInput): string {
  const { studentWorker, teacherWorkers } = report.environment;
  const devices = new Set([studentWorker, ...teacherWorkers].map(({ device }) => device));
  const seconds = isMissing(cost)
    ? [`- **Hours used:** not known: ${markdownText(cost.missing)}`]
    : [
        `- **Device time of the student:** ${durationText(cost.studentDeviceSeconds)}`,
        ...cost.teachers.map(
          ({ name, deviceSeconds }) =>
            `- **Device time of teacher ${markdownText(name)}:** ${durationText(deviceSeconds)}`,
        ),
      ];
  return [
    `- **Hardware type:** ${[...devices].map(markdownText).join('; ')}`,
    `- **From submit to end:** ${durationText(report.wallSeconds)}`,
    ...seconds,
  ].join('\n');
}

function specifications({ report }: ReportInput): string {
  const { environment, seeds, digests } = report;
  return [
    `- **Software:** Lyceum ${markdownText(environment.coordinatorVersion)}, ${markdownText(environment.studentWorker.engineVersion)}, Node.js ${markdownText(environment.node)}`,
    `- **Seeds:** training ${seeds.training}, labels ${seeds.labels ?? 'none'}, views ${seeds.views ?? 'none'}`,
    `- **SHA-256 of the specification:** \`${digests.specification}\``,
    `- **SHA-256 of the final weights:** \`${digests.studentFinalWeights}\``,
  ].join('\n');
}

/** The set's name in the run: a pushed name, or the path of a file. */
function datasetName({ specification, dataset }: ReportInput['report']): string {
  const { spec } = specification as { spec?: { dataset?: unknown } };
  const named = spec?.dataset;
  if (typeof named === 'string') return named;
  return `set ${dataset.digest.slice(0, 12)}`;
}
