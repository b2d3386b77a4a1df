/** What a teacher worker shows Prometheus. */
import { processMetrics } from '@lyceum/platform/metrics';
import { Counter, Gauge } from 'prom-client';

export class TeacherMetrics {
  readonly registry = processMetrics();
  readonly #registers = [this.registry];
  readonly #ticketsAnswered = new Counter({
    name: 'lyceum_teacher_tickets_answered_total',
    help: 'Tickets whose answer the coordinator has.',
    registers: this.#registers,
  });
  /** By teacher, as all that is counted of one: the first 12 digits of its identity. */
  readonly #samplesInferred = new Counter({
    name: 'lyceum_teacher_samples_inferred_total',
    help: 'Samples that teachers inferred.',
    labelNames: ['teacher'],
    registers: this.#registers,
  });
  readonly #inferenceSeconds = new Counter({
    name: 'lyceum_teacher_inference_seconds_total',
    help: 'Seconds that the compute thread spent on answers.',
    labelNames: ['teacher'],
    registers: this.#registers,
  });
  readonly #ticketsInHand = new Gauge({
    name: 'lyceum_teacher_tickets_in_hand',
    help: 'Tickets that wait, compute or travel.',
    registers: this.#registers,
  });
  readonly #connected = new Gauge({
    name: 'lyceum_teacher_session_open',
    help: '1 while the coordinator has this worker in a session.',
    registers: this.#registers,
  });

  ticketTaken(): void {
    this.#ticketsInHand.inc();
  }

  ticketSettled(): void {
    this.#ticketsInHand.dec();
  }

  ticketAnswered(): void {
    this.#ticketsAnswered.inc();
  }

  inferred(teacherIdentity: string, sampleCount: number, seconds: number): void {
    const teacher = teacherIdentity.slice(0, 12);
    this.#samplesInferred.inc({ teacher }, sampleCount);
    this.#inferenceSeconds.inc({ teacher }, seconds);
  }

  sessionOpen(isOpen: boolean): void {
    this.#connected.set(isOpen ? 1 : 0);
  }
}
