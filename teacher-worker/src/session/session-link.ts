import type { SessionLink as Link } from '@lyceum/platform/worker';
import type { TeacherReport } from '@lyceum/proto';

export type Report = NonNullable<TeacherReport['report']>;

/** A session with the coordinator, for parts of the worker that send reports. */
export type SessionLink = Link<Report>;
