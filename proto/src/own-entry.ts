/** The entry of that name; none where a mapping has it only because all objects do: a teacher may be called `constructor`. */
export function ownEntry<T>(mapping: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(mapping, name) ? mapping[name] : undefined;
}
