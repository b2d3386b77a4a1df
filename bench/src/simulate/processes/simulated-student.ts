/**
 * A student worker with one assignment: asks for targets, takes a step on each in order, and moves the run's pointer.
 * A student that was replaced may not know it yet, and come late; it then changes nothing.
 */

import { Violation } from '../rules/index.js';
import { mishap, type RunRecord, SimulatedProcess, travelMs, type World } from '../world/index.js';
import type { Attachment, SimulatedTargets } from './simulated-targets.js';

const RETRY_MS = 300;

/** The student worker's requests to its coordinator, and its reports. */
export interface StudentSide {
  readonly process: SimulatedProcess;
  targets(runId: string, assignmentEpoch: number): SimulatedTargets | undefined;
  trained(run: RunRecord): void;
}

/** One `ReceiveTargets` call. */
interface Call {
  targets?: SimulatedTargets;
  attachment?: Attachment;
  /** When the latest message on the call arrives: at the student, and at the coordinator. */
  arrivesAtMs: number;
  requestedAtMs: number;
}

export class SimulatedStudent {
  readonly process: SimulatedProcess;
  /** The life of the process in which the student has the run. */
  readonly life: number;
  readonly #world: World;
  readonly #coordinator: StudentSide;
  readonly #run: RunRecord;
  readonly #assignmentEpoch: number;
  #call: Call | undefined;
  /** Targets of all steps before this step have come. */
  #nextStep: number;
  #doneStep: number;
  /** The first step whose target was made of another model's answers. */
  #firstOtherStep: number;
  #isStepping = false;

  constructor(world: World, coordinator: StudentSide, run: RunRecord) {
    this.#world = world;
    this.#coordinator = coordinator;
    this.#run = run;
    this.#assignmentEpoch = run.assignmentEpoch;
    this.#nextStep = run.pointerStep;
    this.#doneStep = run.pointerStep;
    this.#firstOtherStep = run.firstOtherStep;
    this.process = new SimulatedProcess(`student of ${run.settings.runId}`, world.clock);
    this.life = this.process.life;
  }

  begin(): void {
    this.process.after(this.#world.random.whole(0, 20), () => {
      if (this.#doneStep === this.#run.settings.grid.plan.stepCount) this.#finish();
      else this.#open();
    });
  }

  /** The student's stream breaks, through no fault of the student; an old request may still be under way. */
  breakStream(): void {
    const call = this.#call;
    if (call === undefined) return;
    this.#world.trace(() => `the stream of ${this.process.name} breaks`);
    this.#hangUp(call);
    if (this.#world.random.chance(0.5)) this.#request({ arrivesAtMs: 0, requestedAtMs: 0 }, 500);
    this.#open();
  }

  /** The student dies; its stream breaks with it. */
  kill(): void {
    const call = this.#call;
    this.process.kill();
    if (call !== undefined) this.#hangUp(call);
  }

  /** The coordinator is gone, with all messages that were under way to it. */
  connectionLost(): void {
    const call = this.#call;
    if (call !== undefined)
      this.process.after(this.#world.random.whole(0, 50), () => this.#retry(call));
  }

  #open(): void {
    const call: Call = { arrivesAtMs: 0, requestedAtMs: 0 };
    this.#call = call;
    this.#request(call, 0);
  }

  #request(call: Call, lateMs: number): void {
    const { runId } = this.#run.settings;
    const { process } = this.#coordinator;
    const request = { firstStep: this.#nextStep, ...this.#credit() };
    if (!process.alive) {
      this.#retry(call);
      return;
    }
    process.after(this.#requestMs(call, lateMs), () => {
      const targets = this.#coordinator.targets(runId, this.#assignmentEpoch);
      if (targets === undefined) {
        this.process.after(travelMs(this.#world), () => this.#refused(call));
        return;
      }
      this.#world.trace(() => `${this.process.name} attaches at step ${request.firstStep}`);
      call.targets = targets;
      call.attachment = targets.attach(request, {
        target: (step, isOfOther) => this.#arrive(call, () => this.#target(call, step, isOfOther)),
        ended: () => this.#arrive(call, () => this.#retry(call)),
      });
    });
  }

  /** The coordinator refuses the call: the student's assignment is over, or the run is being taken up. */
  #refused(call: Call): void {
    if (this.#assignmentEpoch === this.#run.assignmentEpoch) this.#retry(call);
  }

  #retry(call: Call): void {
    if (this.#call !== call) return;
    this.#call = undefined;
    this.process.after(this.#world.random.whole(1, RETRY_MS), () => {
      if (this.#call === undefined && this.#run.state === 'training') this.#open();
    });
  }

  #hangUp(call: Call): void {
    this.#call = undefined;
    this.#coordinator.process.after(travelMs(this.#world), () => {
      if (call.attachment !== undefined) call.targets?.detach(call.attachment);
    });
  }

  /** Time until a request on a call arrives. Requests arrive in order. */
  #requestMs(call: Call, lateMs: number): number {
    const { clock } = this.#world;
    const atMs = clock.nowMs + lateMs + travelMs(this.#world);
    call.requestedAtMs = Math.max(call.requestedAtMs, atMs);
    return call.requestedAtMs - clock.nowMs;
  }

  /** Delivers a message of the coordinator on a call. These messages arrive in order. */
  #arrive(call: Call, act: () => void): void {
    const { clock } = this.#world;
    call.arrivesAtMs = Math.max(call.arrivesAtMs, clock.nowMs + travelMs(this.#world));
    this.process.after(call.arrivesAtMs - clock.nowMs, act);
  }

  #target(call: Call, step: number, isOfOther: boolean): void {
    if (this.#call !== call) return;
    if (step > this.#nextStep) {
      const message = `step ${step} came to ${this.process.name}, and ${this.#nextStep} is next`;
      throw new Violation('P1', message);
    }
    // A target that has come already is ignored.
    if (step === this.#nextStep) {
      this.#nextStep++;
      if (isOfOther) this.#firstOtherStep = Math.min(this.#firstOtherStep, step);
    }
    this.#stepOn();
  }

  #stepOn(): void {
    if (this.#isStepping || this.#doneStep === this.#nextStep) return;
    this.#isStepping = true;
    const { random, settings } = this.#world;
    this.process.after(random.whole(0, settings.stepMs), () => {
      this.#isStepping = false;
      this.#doneStep++;
      this.#sendCredit();
      this.#keep();
      this.#stepOn();
    });
  }

  #credit(): { creditStep: number; doneStep: number } {
    const { creditSteps, grid } = this.#run.settings;
    const creditStep = Math.min(this.#doneStep + creditSteps, grid.plan.stepCount);
    return { creditStep, doneStep: this.#doneStep };
  }

  #sendCredit(): void {
    const call = this.#call;
    if (call === undefined) return;
    const credit = this.#credit();
    const send = (delayMs: number) =>
      this.#coordinator.process.after(delayMs, () => {
        if (call.attachment !== undefined) call.targets?.credit(call.attachment, credit);
      });
    send(this.#requestMs(call, 0));
    if (mishap(this.#world, this.#world.settings.doubleCredit)) {
      send(this.#world.random.whole(0, 1000));
    }
  }

  /** Moves the pointer, if the run is still assigned to this student; reports the last step. */
  #keep(): void {
    const step = this.#doneStep;
    const { checkpointEverySteps, grid } = this.#run.settings;
    const isLast = step === grid.plan.stepCount;
    if (!isLast && step % checkpointEverySteps !== 0) return;
    // The student has no assignment any more: the coordinator would refuse.
    if (this.#run.state === 'held') return;
    this.process.after(this.#world.random.whole(0, 30), () => {
      if (this.#run.assignmentEpoch !== this.#assignmentEpoch) return;
      if (step > this.#run.pointerStep) this.#point(step);
      this.#world.trace(() => `${this.process.name} moves the pointer to ${step}`);
      if (isLast) this.#finish();
    });
  }

  #point(step: number): void {
    this.#run.previousStep = this.#run.pointerStep;
    this.#run.pointerStep = step;
    this.#run.firstOtherStep =
      this.#firstOtherStep < step ? this.#firstOtherStep : Number.POSITIVE_INFINITY;
  }

  #finish(): void {
    if (this.#run.state !== 'training') return;
    const { process } = this.#coordinator;
    if (process.alive) {
      process.after(travelMs(this.#world), () => {
        if (this.#run.state === 'training' && this.#run.assignmentEpoch === this.#assignmentEpoch) {
          this.#coordinator.trained(this.#run);
        }
      });
    }
    this.process.after(RETRY_MS, () => this.#finish());
  }
}
