/** The mapping's own entry, not one that every object inherits: a teacher may have the name `constructor`. */
export function ownEntry<T>(mapping: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(mapping, name) ? mapping[name] : undefined;
}
