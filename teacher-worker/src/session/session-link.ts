/** One session with the coordinator, as those see it who report on it. */
import type { TeacherReport } from '@lyceum/proto';

export type Report = NonNullable<TeacherReport['report']>;

export interface SessionLink {
  /** Aborts when the session has ended; the coordinator hands this session's tickets to others then. */
  readonly closed: AbortSignal;
  /** Resolves once the report is on its way. Throws a {@link LyceumError} if the session has ended. */
  send(report: Report): Promise<void>;
}
