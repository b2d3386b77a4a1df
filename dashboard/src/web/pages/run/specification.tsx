/** The run's specification, and the digests of its parts. */
import type { RunFacts } from '../../../api/index.js';
import { KeyValues } from '../../../components/index.js';

export function Specification({ run }: { readonly run: RunFacts }) {
  const digests = [
    ['data set', run.datasetDigest],
    ...run.teachers.map(({ name, identity }) => [`teacher ${name}`, identity] as const),
    ['student', run.modelDigest],
    ['weights after the last step', run.finalWeightsDigest],
  ] as const;
  return (
    <>
      {run.order !== '' && <p class="muted">Order of the samples: {run.order}.</p>}
      <details>
        <summary>Digests</summary>
        <KeyValues entries={digests.map(([name, digest]) => [name, digest || '–'])} isCode />
      </details>
      <details>
        <summary>Specification, every default filled in</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
        <pre class="scroll" tabIndex={0}>
          <code>{JSON.stringify(run.specification, null, 2)}</code>
        </pre>
      </details>
    </>
  );
}
