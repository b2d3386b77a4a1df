/** The buttons that change a run. Each asks first, and tells the effect. */
import type { RunFacts } from '../../../api/index.js';
import { countText } from '../../../components/index.js';
import { change } from '../../data/calls.js';
import { Question } from '../../parts/question.js';
import { hasEnded } from '../../parts/run-parts.js';

interface Props {
  readonly run: RunFacts;
  readonly onChanged: (run: RunFacts) => void;
}

export function RunChanges({ run, onChanged }: Props) {
  const { id, state, checkpointStep } = run;
  const does = (verb: string) => async () => {
    onChanged(await change<RunFacts>(`runs/${encodeURIComponent(id)}/${verb}`));
  };
  const from =
    checkpointStep === 0
      ? 'from the beginning'
      : `from the checkpoint of step ${countText(checkpointStep)}`;
  return (
    <>
      {state === 'PAUSED' && (
        <Question
          verb="Resume"
          question={`Resume ${id}?`}
          no="Leave it paused"
          onYes={does('resume')}
        >
          <p>
            It goes on {from}, and asks again for what failed. It pauses again if what stopped it
            has not been put right: {run.reason || 'no reason is known'}
          </p>
        </Question>
      )}
      {(state === 'FAILED' || state === 'CANCELLED') && (
        <Question verb="Retry" question={`Retry ${id}?`} no="Leave it" onYes={does('retry')}>
          <p>
            Attempt {run.attempt + 1} begins {from}. Answers of teachers that are stored are not
            asked for again.
          </p>
        </Question>
      )}
      {!hasEnded(state) && state !== 'CANCELLING' && (
        <Question verb="Cancel" question={`Cancel ${id}?`} no="Let it go on" onYes={does('cancel')}>
          <p>
            Its workers are let go. What was trained since the last checkpoint is lost; a retry
            begins {from}.
          </p>
        </Question>
      )}
    </>
  );
}
