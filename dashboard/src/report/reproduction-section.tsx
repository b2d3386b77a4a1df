/** Section of the report: how to repeat the run, and how to check its figures. */
import { KeyValues } from '../components/index.js';
import type { ReportInput } from './report-input.js';

/** A longer specification is cut off here. */
const YAML_CHARACTERS = 20_000;

export function ReproductionSection({ report, specificationYaml }: ReportInput) {
  const { runId, digests, environment, seeds, training } = report;
  const { studentWorker, teacherWorkers } = environment;
  const isDegraded = (report.contributors?.degradedShare ?? 0) > 0;
  const again = isDegraded
    ? `coordinator replay ${runId}`
    : 'coordinator submit run.yaml --set metadata.name=NEW-NAME';
  return (
    <section>
      <h2>Doing it again</h2>
      <p>
        With the set and the models of these digests, the specification below as{' '}
        <code>run.yaml</code>:
      </p>
      <pre>
        <code>{again}</code>
      </pre>
      <p>
        {report.bitExact
          ? 'It gives the same weights on the same type of device with as many threads.'
          : 'It gives similar weights; see the known limits.'}
      </p>
      <p>To compute the figures anew from what every model said of each test sample:</p>
      <pre>
        <code>{`coordinator report ${runId} --predictions predictions.npz -o json > report.json
python3 examples/recompute.py predictions.npz report.json`}</code>
      </pre>
      <h3>Digests (SHA-256)</h3>
      <KeyValues
        isCode
        entries={[
          ['Specification', digests.specification],
          ['Data set', digests.dataset],
          ['Student', digests.studentModel],
          ['Final weights', digests.studentFinalWeights],
          ...(digests.plugin === undefined ? [] : [['Plugin', digests.plugin] as const]),
          ...report.teachers.map((t) => [`Teacher ${t.name}`, t.modelDigest] as const),
        ]}
      />
      <h3>Versions and seeds</h3>
      <KeyValues
        entries={[
          ['Lyceum', environment.coordinatorVersion],
          ['Node.js', environment.node],
          ['Student worker', workerText(studentWorker)],
          ['Teacher workers', [...new Set(teacherWorkers.map(workerText))].slice(0, 10).join('; ')],
          ['Seed of the training', seeds.training],
          ...(training.order === undefined
            ? []
            : [['Order of the samples', training.order] as const]),
          ['Seed of the choice of labels', seeds.labels ?? 'all labels'],
          ['Seed of the views', seeds.views ?? 'no views'],
        ]}
      />
      <h3>Specification</h3>
      <details>
        <summary>Every setting, defaults filled in</summary>
        <pre>
          <code>{specificationYaml.slice(0, YAML_CHARACTERS)}</code>
        </pre>
        {specificationYaml.length > YAML_CHARACTERS && (
          <p>
            Cut here; <code>coordinator get {runId} -o yaml</code> has all.
          </p>
        )}
      </details>
    </section>
  );
}

type Worker = ReportInput['report']['environment']['studentWorker'];

function workerText({ version, engine, engineVersion, device, computeThreads }: Worker): string {
  return `Lyceum ${version}, ${engineVersion} (${engine}) on ${device}, ${computeThreads} threads`;
}
