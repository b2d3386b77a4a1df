/** A promise was broken in a schedule: {@link playSchedule} looks for such violations. */
export class Violation extends Error {
  /** Name of the promise. */
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(message);
    this.name = 'Violation';
    this.rule = rule;
  }
}
