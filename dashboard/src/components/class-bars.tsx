/** Bars with a share for each class. */
import { orNotKnown, percentText } from './numbers.js';

interface ClassBarsProps {
  readonly caption: string;
  /** Meaning of the bars: `Recall of the student`. */
  readonly valueTitle: string;
  readonly rows: readonly {
    readonly name: string;
    readonly value: number | null;
    /** The share of another model, drawn as a mark. */
    readonly other?: number | null;
  }[];
  /** Meaning of the marks: `Ensemble`. */
  readonly otherTitle?: string;
}

export function ClassBars({ caption, valueTitle, otherTitle, rows }: ClassBarsProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can have the focus
    <section class="wide" aria-label={caption} tabIndex={0}>
      <table class="figures bars">
        <caption>{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Class</th>
            <th scope="col" class="number">
              {valueTitle}
            </th>
            {otherTitle !== undefined && (
              <th scope="col" class="number">
                {otherTitle}
              </th>
            )}
            <td />
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, value, other }, index) => (
            <tr key={index}>
              <th scope="row">{name}</th>
              <td class="number">{orNotKnown(value, percentText)}</td>
              {otherTitle !== undefined && <td class="number">{orNotKnown(other, percentText)}</td>}
              <td class="bar-cell" aria-hidden="true">
                <span class="bar">
                  <span class="bar-part" style={{ width: shareOfBar(value ?? 0) }} />
                  {typeof other === 'number' && (
                    <span class="bar-mark" style={{ left: shareOfBar(other) }} />
                  )}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** A percentage for a style sheet: without the space that texts have. */
function shareOfBar(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
