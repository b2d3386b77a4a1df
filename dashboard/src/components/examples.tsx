/** Samples in a form for people, with the outputs of each model. */
import type { Findings } from '../api/index.js';
import { cellText, figureText, NOT_KNOWN, percentText } from './numbers.js';

type Example = Findings['examples'][number];

/** Pictures are enlarged to about this width and height. */
const PICTURE_PIXELS = 96;
const NUMBERS_SHOWN = 8;

interface ExamplesProps {
  readonly examples: readonly Example[];
  readonly classNames: readonly string[];
}

export function Examples({ examples, classNames }: ExamplesProps) {
  const name = (index: number) => classNames[index] ?? String(index);
  return (
    <ul class="examples">
      {examples.map((example) => (
        <li key={example.row}>
          <Shown example={example} />
          <div class="said">
            <p>
              <strong>{example.label < 0 ? 'No label' : name(example.label)}</strong>{' '}
              <span class="muted">
                row {example.row}
                {example.divergence === null ? '' : `, KL ${figureText(example.divergence)} nats`}
              </span>
            </p>
            <dl>
              {example.outputs.map(({ model, top }) => (
                <div key={model}>
                  <dt>{modelTitle(model)}</dt>
                  {top.map((output) => (
                    <dd key={output.class} class={verdict(output.class, example.label)}>
                      {name(output.class)} ({percentText(output.probability, 0)})
                    </dd>
                  ))}
                </div>
              ))}
            </dl>
          </div>
        </li>
      ))}
    </ul>
  );
}

function Shown({ example }: { readonly example: Example }) {
  const { shown, row } = example;
  if (shown.kind === 'text') return <blockquote class="sample">{shown.text}</blockquote>;
  if (shown.kind === 'elsewhere') {
    return (
      <p class="sample">
        <code>{shown.where}</code>
      </p>
    );
  }
  if (shown.kind === 'numbers') {
    const { values, count } = shown;
    const numbers = values.slice(0, NUMBERS_SHOWN).map(figureText).join(', ');
    return (
      <p class="sample">
        <code>{numbers}</code>
        {count > NUMBERS_SHOWN && <span class="muted"> … {count} numbers</span>}
      </p>
    );
  }
  if (shown.kind === 'row') {
    const { cells, count } = shown;
    return (
      <div class="sample">
        <dl>
          {cells.map(({ column, value }) => (
            <div key={column}>
              <dt>{column}</dt>
              <dd>{typeof value === 'number' ? cellText(value) : (value ?? NOT_KNOWN)}</dd>
            </div>
          ))}
        </dl>
        {count > cells.length && <p class="muted">… {count} columns</p>}
      </div>
    );
  }
  const times = Math.max(1, Math.floor(PICTURE_PIXELS / Math.max(shown.width, shown.height)));
  return (
    <img
      class="sample"
      src={`data:image/png;base64,${shown.png}`}
      width={shown.width * times}
      height={shown.height * times}
      alt={`The sample of row ${row}`}
    />
  );
}

/** `teacher.wide` as `teacher wide`. */
function modelTitle(model: string): string {
  const titles: Readonly<Record<string, string>> = {
    studentWithoutTeachers: 'student without teachers',
    studentAllLabels: 'student with all labels',
  };
  return titles[model] ?? model.replace(/^teacher\./, 'teacher ');
}

function verdict(output: number, label: number): string | undefined {
  return label < 0 ? undefined : output === label ? 'right' : 'wrong';
}
