import type { Report } from '../api/index.js';
import { ClassBars } from './class-bars.js';
import { countText } from './numbers.js';

interface ClassRecallsProps {
  readonly report: Report;
  /** Greatest number of classes shown: those with the lowest recall. */
  readonly most: number;
}

/** The student's recall of each class, beside the ensemble's; nothing if the report has no recalls. */
export function ClassRecalls({ report: { student, ensemble, dataset }, most }: ClassRecallsProps) {
  const recalls = student.perClassRecall;
  if (recalls === null) return null;
  const others = ensemble?.perClassRecall ?? null;
  const known = [...recalls.keys()].filter((index) => recalls[index] !== null);
  const worst = known.sort((a, b) => (recalls[a] ?? 0) - (recalls[b] ?? 0)).slice(0, most);
  const caption =
    worst.length < recalls.length
      ? `Share of each class that is found: the ${worst.length} of ${countText(recalls.length)} that the student knows least`
      : 'Share of each class that is found, that which the student knows least first';
  return (
    <ClassBars
      caption={caption}
      valueTitle="Student"
      {...(others === null ? {} : { otherTitle: 'Ensemble (mark)' })}
      rows={worst.map((index) => ({
        name: dataset.classNames[index] ?? String(index),
        value: recalls[index] ?? null,
        ...(others === null ? {} : { other: others[index] ?? null }),
      }))}
    />
  );
}
