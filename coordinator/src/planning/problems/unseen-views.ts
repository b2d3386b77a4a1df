/** Whether a run's views (crops, flips, mixtures) fit the modality that each of its models sees. */
import { meantModality, NAMELESS } from '@lyceum/learning/datasets';
import type { ViewSettings } from '@lyceum/learning/specification';
import { viewProblems } from '@lyceum/learning/views';
import type { Problem } from '@lyceum/proto';
import type { DatasetOutline } from '../../artifacts/index.js';

/**
 * Each model sees the same view of its own modality, so a view of pictures needs pictures in all of them.
 *
 * @param named - modalities that the models name; undefined: the set's only modality.
 */
export function unseenViews(
  views: ViewSettings | undefined,
  { modalities }: DatasetOutline,
  named: readonly (string | undefined)[],
): Problem[] {
  const meant = new Set(named.map((name) => meantModality(modalities, name)));
  return [...modalities].flatMap(([name, { sampleShape }]) => {
    if (!meant.has(name)) return [];
    const of = name === NAMELESS ? '' : `modality ${name}: `;
    return viewProblems(views, sampleShape).map(({ path, message }) => ({
      path: `spec.views.${path}`,
      message: `${of}${message}`,
    }));
  });
}
