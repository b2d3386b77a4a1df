/**
 * The class that is named most in a list of classes; undefined: the list is empty, or another class is named as often.
 */
export function mostNamed(classes: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const name of classes) counts.set(name, (counts.get(name) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  const first = [...counts].filter(([, count]) => count === most);
  return first.length === 1 ? first[0]?.[0] : undefined;
}
