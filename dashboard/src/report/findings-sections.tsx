/** Sections of the report: reliability of the models, confused classes, and samples on which they differ most. */
import type { Findings, ModelFindings, Report } from '../api/index.js';
import {
  ClassRecalls,
  ConfusedPairs,
  ConfusionMatrix,
  Examples,
  ReliabilityDiagram,
} from '../components/index.js';

/** Number of classes with a bar: those with the lowest recall. */
const CLASSES = 40;
/** With more classes than this, only the student's matrix is drawn. */
const TWO_MATRICES = 20;
/** Number of columns shown for an example from a table. */
const CELLS = 12;
/** Number of teachers whose output is shown with an example: the first ones. */
const SAYING_TEACHERS = 4;
/** Models whose reliability is drawn. */
const DIAGRAMS = ['student', 'ensemble', 'studentWithoutTeachers'];

interface FindingsProps {
  readonly report: Report;
  readonly findings: Findings;
  /** Greatest number of base64 characters of all pictures together; further examples with pictures are left out. */
  readonly pictureRoom: number;
}

export function FindingsSections(props: FindingsProps) {
  return (
    <>
      <Reliability {...props} />
      <Classes {...props} />
      <Confusions {...props} />
      <FoundExamples {...props} />
    </>
  );
}

function Reliability({ findings }: FindingsProps) {
  const models = findings.models.filter(({ name }) => DIAGRAMS.includes(name));
  const drawn = models.flatMap(({ name, reliability }) =>
    reliability === null ? [] : [{ name, reliability }],
  );
  if (drawn.length === 0) return null;
  return (
    <section>
      <h2>Reliability</h2>
      <p>
        Bars on the dashed line: what a model says with a probability of 80 % is right in 80 % of
        the samples. Bars below it: it is too sure.
      </p>
      <div class="charts">
        {drawn.map(({ name, reliability }) => (
          <ReliabilityDiagram key={name} model={theModel(name)} bins={reliability} />
        ))}
      </div>
    </section>
  );
}

function Classes({ report }: FindingsProps) {
  if (report.student.perClassRecall === null) return null;
  return (
    <section>
      <h2>Classes</h2>
      <ClassRecalls report={report} most={CLASSES} />
    </section>
  );
}

function Confusions({ findings }: FindingsProps) {
  const { models, classNames } = findings;
  const fewClasses = classNames.length <= TWO_MATRICES;
  const shown = ['student', ...(fewClasses ? ['ensemble'] : [])].flatMap(
    (name) => models.find((model) => model.name === name) ?? [],
  );
  return (
    <section>
      <h2>Errors</h2>
      {shown.map((model) => (
        <ModelErrors
          key={model.name}
          findings={model}
          classNames={classNames}
          sampleCount={findings.sampleCount}
        />
      ))}
    </section>
  );
}

function ModelErrors(props: {
  readonly findings: ModelFindings;
  readonly classNames: readonly string[];
  readonly sampleCount: number;
}) {
  const { findings, classNames, sampleCount } = props;
  const model = theModel(findings.name);
  return (
    <>
      <ConfusionMatrix model={model} confusion={findings.confusion} classNames={classNames} />
      <ConfusedPairs
        model={model}
        confused={findings.confused}
        classNames={classNames}
        sampleCount={sampleCount}
      />
    </>
  );
}

function FoundExamples({ report, findings, pictureRoom }: FindingsProps) {
  const shown = fitting(findings.examples, pictureRoom).map(shortened);
  if (shown.length === 0) return null;
  const which =
    report.ensemble === null
      ? 'on which the student is surest and wrong'
      : 'on which student and ensemble differ most';
  const some =
    shown.length < findings.examples.length
      ? `, ${shown.length} of ${findings.examples.length} so that the file stays small`
      : '';
  return (
    <section>
      <h2>Examples</h2>
      <p>
        Test samples {which}
        {some}. First the label, then what each model says.
      </p>
      <Examples examples={shown} classNames={findings.classNames} />
    </section>
  );
}

/** The examples whose pictures fit into the room. */
function fitting(examples: Findings['examples'], pictureRoom: number): Findings['examples'] {
  let room = pictureRoom;
  return examples.filter(({ shown }) => {
    const size = shown.kind === 'picture' ? shown.png.length : 0;
    if (size > room) return false;
    room -= size;
    return true;
  });
}

/** Shortens an example: the first columns, the first teachers, and one class a model; the student's classes stay. */
function shortened(example: Findings['examples'][number]): Findings['examples'][number] {
  const teachers = example.outputs.filter(({ model }) => model.startsWith('teacher.'));
  const left = new Set(teachers.slice(SAYING_TEACHERS));
  const outputs = example.outputs
    .filter((output) => !left.has(output))
    .map(({ model, top }) => ({ model, top: model === 'student' ? top : top.slice(0, 1) }));
  const { shown } = example;
  return {
    ...example,
    outputs,
    shown: shown.kind === 'row' ? { ...shown, cells: shown.cells.slice(0, CELLS) } : shown,
  };
}

/** `student` as `the student`. */
function theModel(name: string): string {
  const titles: Readonly<Record<string, string>> = {
    studentWithoutTeachers: 'the student without teachers',
  };
  return titles[name] ?? `the ${name}`;
}
