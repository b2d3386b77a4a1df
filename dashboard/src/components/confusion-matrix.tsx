/** A confusion matrix, as a table with shaded cells. */
import type { ModelFindings } from '../api/index.js';
import { countText } from './numbers.js';

/** Number of shades that `components.css` has. */
const SHADES = 8;

interface ConfusionMatrixProps {
  /** `the student`. */
  readonly model: string;
  readonly confusion: ModelFindings['confusion'];
  /** [C] */
  readonly classNames: readonly string[];
}

/** Rows are labels, columns outputs. The shade is the share of the row; right answers have another colour. */
export function ConfusionMatrix({ model, confusion, classNames }: ConfusionMatrixProps) {
  const { classes, counts } = confusion;
  const name = (index: number) => classNames[index] ?? String(index);
  const shown =
    classes.length < classNames.length
      ? `, ${classes.length} of ${countText(classNames.length)} classes: those with the most errors of the student`
      : '';
  const caption = `What ${model} said (columns) of samples of each class (rows)${shown}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can have the focus
    <section class="wide" aria-label={caption} tabIndex={0}>
      <table class="confusion">
        <caption>{caption}</caption>
        <thead>
          <tr>
            <td />
            {classes.map((column) => (
              <th key={column} scope="col">
                <span>{name(column)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {counts.map((row, r) => (
            <tr key={classes[r]}>
              <th scope="row">{name(classes[r] ?? r)}</th>
              {row.map((count, c) => (
                <td key={classes[c]} class={shade(count, row, r === c)}>
                  {count === 0 ? '' : count}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** `h3` for an error, `r3` for a right answer; nothing for a cell without samples. */
function shade(count: number, row: readonly number[], isRight: boolean): string | undefined {
  if (count === 0) return undefined;
  const total = row.reduce((sum, value) => sum + value, 0);
  // The square root of the share, so that rare errors are visible.
  const level = Math.max(1, Math.round(Math.sqrt(count / total) * SHADES));
  return `${isRight ? 'r' : 'h'}${level}`;
}
