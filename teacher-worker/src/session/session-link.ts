import type { SessionLink as Link } from '@lyceum/platform/worker';
import type { TeacherReport } from '@lyceum/proto';

export type Report = NonNullable<TeacherReport['report']>;

/** One session with the coordinator, as those see it who report on it. */
export type SessionLink = Link<Report>;
