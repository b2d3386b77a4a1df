/** A mapping by teachers' names that has nothing but its own entries: a teacher may be called `constructor`. */
export function byTeacher<T>(mapping: Record<string, T>): Record<string, T> {
  return Object.setPrototypeOf(mapping, null);
}
