/** The finding of one check, and how to mend it. */
export interface Finding {
  readonly check: string;
  /** `warning`: it works, but badly or not for long; `fault`: it does not work. */
  readonly level: 'ok' | 'warning' | 'fault';
  readonly message: string;
  /** Absent if nothing needs to be done. */
  readonly remedy?: string;
}

export const ok = (check: string, message: string): Finding => ({ check, level: 'ok', message });

export const warning = (check: string, message: string, remedy: string): Finding => ({
  check,
  level: 'warning',
  message,
  remedy,
});

export const fault = (check: string, message: string, remedy: string): Finding => ({
  check,
  level: 'fault',
  message,
  remedy,
});
