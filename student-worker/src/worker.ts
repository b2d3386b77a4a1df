/**
 * A student worker: follows the coordinator's desired state, which is one assignment or none.
 *
 * Assignments are applied one after the other, each time the newest. Those that were replaced while another one was
 * being applied are skipped.
 */
import type { AssignedRun, StudentAssignment } from '@lyceum/proto';
import { removeRunFolders } from './checkpoints/index.js';
import { decideAssignment } from './session/index.js';
import { AssignedTraining, type TrainingSurroundings } from './training/index.js';

export class StudentWorker {
  readonly #surroundings: TrainingSurroundings;
  #desired: StudentAssignment = { revision: 0, run: undefined };
  #current: AssignedTraining | undefined;
  #applying: Promise<void> = Promise.resolve();
  #draining = false;

  constructor(surroundings: TrainingSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Records the desired state, and moves towards it in the background. */
  follow(assignment: StudentAssignment): void {
    this.#desired = assignment;
    this.#applying = this.#applying
      .then(() => this.#apply())
      .catch((err: unknown) => this.#surroundings.log.error({ err }, 'assignment not applied'));
  }

  /** Saves the progress within `budgetMs`, and follows no assignment any more. */
  async drain(budgetMs: number): Promise<void> {
    this.#draining = true;
    await this.#applying;
    await this.#current?.drain(budgetMs);
  }

  async #apply(): Promise<void> {
    if (this.#draining) return;
    const { outbox, log, stateDir } = this.#surroundings;
    const { revision, run } = this.#desired;
    // If the coordinator still names an assignment that was lost, it is started again; the pointer then decides.
    const lost = this.#current?.lost === true;
    if (lost) await this.#leave();
    const decision = decideAssignment(this.#current, run);
    switch (decision) {
      case 'keep':
        outbox.repeatOutcome();
        break;
      case 'ignore':
        log.warn(
          { runId: run?.runId, assignmentEpoch: run?.assignmentEpoch },
          'assignment ignored',
        );
        break;
      case 'leave':
        await this.#leave();
        break;
      case 'start':
        await this.#leave();
        if (run !== undefined) this.#start(run);
        break;
    }
    if (run === undefined && (lost || decision === 'leave')) await removeRunFolders(stateDir);
    this.#report(revision);
  }

  async #leave(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    await current.leave();
    this.#surroundings.log.info({ runId: current.runId }, 'run left');
  }

  #start(run: AssignedRun): void {
    const training = new AssignedTraining(run, this.#surroundings, () =>
      this.#report(this.#desired.revision),
    );
    this.#current = training;
    training.begin();
  }

  #report(revision: number): void {
    const working = this.#current?.lost === false ? this.#current : undefined;
    this.#surroundings.outbox.setState({
      revision,
      runId: working?.runId ?? '',
      assignmentEpoch: working?.assignmentEpoch ?? 0,
      picturesAwaited: working?.picturesAwaited,
    });
  }
}
