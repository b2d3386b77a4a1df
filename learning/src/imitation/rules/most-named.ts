/** Of classes, some of them several times, the one that is named most; undefined: none, or as many name another. */
export function mostNamed(classes: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const name of classes) counts.set(name, (counts.get(name) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  const first = [...counts].filter(([, count]) => count === most);
  return first.length === 1 ? first[0]?.[0] : undefined;
}
