/** Sources of the reference: the programs' own descriptions, and buf's description of the .proto files. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { createProgram } from '@lyceum/cli/program';
import { reportJsonSchema } from '@lyceum/coordinator/documents';
import { coordinatorMetrics, observeCoordinator } from '@lyceum/coordinator/monitoring';
import {
  endpointJsonSchema,
  imitationJsonSchema,
  runSpecificationJsonSchema,
} from '@lyceum/learning/specification';
import { expiryGauge, processMetrics } from '@lyceum/platform/metrics';
import { StudentMetrics, studentWorkerCommand } from '@lyceum/student-worker/reference';
import { TeacherMetrics, teacherWorkerCommand } from '@lyceum/teacher-worker/reference';
import type { Command } from 'commander';
import type { Registry } from 'prom-client';
import type { Schema } from './documents.js';
import type { DescriptorSet } from './protocol.js';

const nothing = async () => undefined;

export function coordinatorProgram(): Promise<Command> {
  return createProgram({});
}

export function workerPrograms(): Command[] {
  return [
    teacherWorkerCommand('', { run: nothing, serve: nothing }, {}),
    studentWorkerCommand('', nothing),
  ];
}

export function documents(): Readonly<Record<string, Schema>> {
  return {
    run: runSpecificationJsonSchema() as Schema,
    imitation: imitationJsonSchema() as Schema,
    endpoint: endpointJsonSchema() as Schema,
    report: reportJsonSchema() as Schema,
  };
}

export function programMetrics(): { readonly program: string; readonly registry: Registry }[] {
  const coordinator = processMetrics();
  coordinatorMetrics(coordinator);
  observeCoordinator(coordinator, {
    isNatsConnected: () => true,
    sessionCounts: () => ({ teacher: 0, student: 0 }),
    openTicketCount: () => 0,
    desiredTeacherWorkers: () => 0,
    dataShares: () => ({ eventLoop: 0, dataThreads: 0 }),
    answerBytes: () => 0,
    quarantineCount: () => 0,
    runStates: () => [],
    runs: () => [],
  });
  const programs = [
    { program: 'coordinator', registry: coordinator },
    { program: 'teacher-worker', registry: new TeacherMetrics().registry },
    { program: 'student-worker', registry: new StudentMetrics().registry },
  ];
  for (const { registry } of programs) expiryGauge(registry);
  return programs;
}

/** @param checkout - path of the checkout, which holds buf and the .proto files. */
export function protocol(checkout: string): DescriptorSet {
  const args = ['build', '--as-file-descriptor-set', '-o', '-#format=json'];
  const text = execFileSync(join(checkout, 'node_modules/.bin/buf'), args, {
    cwd: join(checkout, 'proto'),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
  });
  return JSON.parse(text) as DescriptorSet;
}
