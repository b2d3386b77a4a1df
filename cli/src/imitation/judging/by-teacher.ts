/** A mapping by teachers' names without inherited properties: a teacher may be called `constructor`. */
export function byTeacher<T>(mapping: Record<string, T>): Record<string, T> {
  return Object.setPrototypeOf(mapping, null);
}
