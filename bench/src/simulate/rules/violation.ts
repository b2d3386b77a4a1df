/** A promise that was broken in a schedule: what {@link playSchedule} looks for. */
export class Violation extends Error {
  /** The promise. */
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(message);
    this.name = 'Violation';
    this.rule = rule;
  }
}
