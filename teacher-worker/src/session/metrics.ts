/** The metrics that a teacher worker offers to Prometheus. */
import { metricsOf, processMetrics } from '@lyceum/platform/metrics';

export class TeacherMetrics {
  readonly registry = processMetrics();
  readonly #new = metricsOf(this.registry);
  readonly #ticketsAnswered = this.#new.counter(
    'lyceum_teacher_tickets_answered_total',
    'Tickets whose answer the coordinator has.',
  );
  /** Labelled by teacher, like all counters of teachers: with the first 12 digits of its identity. */
  readonly #samplesInferred = this.#new.counter(
    'lyceum_teacher_samples_inferred_total',
    'Samples that teachers inferred.',
    ['teacher'],
  );
  readonly #inferenceSeconds = this.#new.counter(
    'lyceum_teacher_inference_seconds_total',
    'Seconds that the compute thread spent on answers.',
    ['teacher'],
  );
  readonly #ticketsInHand = this.#new.gauge(
    'lyceum_teacher_tickets_in_hand',
    'Tickets that wait, compute or travel.',
  );
  readonly #connected = this.#new.gauge(
    'lyceum_teacher_session_open',
    '1 while the coordinator has this worker in a session.',
  );

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
