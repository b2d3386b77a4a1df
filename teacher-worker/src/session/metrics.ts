/** What Prometheus can ask of a teacher worker. */
import { processMetrics } from '@lyceum/platform';
import { Counter, Gauge, type Registry } from 'prom-client';

export interface WorkerMetrics {
  readonly registry: Registry;
  readonly ticketsAnswered: Counter;
  /** By teacher, as all that is counted of one: the first 12 digits of its identity. */
  readonly samplesInferred: Counter<'teacher'>;
  readonly inferenceSeconds: Counter<'teacher'>;
  readonly ticketsInHand: Gauge;
}

export function createMetrics(): WorkerMetrics {
  const registry = processMetrics();
  const registers = [registry];
  return {
    registry,
    ticketsAnswered: new Counter({
      name: 'lyceum_teacher_tickets_answered_total',
      help: 'Tickets whose answer the coordinator has.',
      registers,
    }),
    samplesInferred: new Counter({
      name: 'lyceum_teacher_samples_inferred_total',
      help: 'Samples that teachers inferred.',
      labelNames: ['teacher'],
      registers,
    }),
    inferenceSeconds: new Counter({
      name: 'lyceum_teacher_inference_seconds_total',
      help: 'Seconds that the compute thread spent on answers.',
      labelNames: ['teacher'],
      registers,
    }),
    ticketsInHand: new Gauge({
      name: 'lyceum_teacher_tickets_in_hand',
      help: 'Tickets that wait, compute or travel.',
      registers,
    }),
  };
}

/** A teacher in labels. */
export function teacherLabel(identity: string): { readonly teacher: string } {
  return { teacher: identity.slice(0, 12) };
}
