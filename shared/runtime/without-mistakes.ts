type Path = readonly (string | number)[];

/** A document without the parts that have mistakes, so that the rest of it can be checked for more. */
export interface Remainder {
  readonly value: unknown;
  /** Where something of the remainder lies in the document as it was written. */
  originalPath(path: Path): Path;
  /** What was left out of a section of the document. */
  leftOut(section: string): unknown[];
}

/**
 * Leaves out what lies at `mistakes`: the whole item of the outermost list in which a mistake is, since half an item would only seem to have
 * other mistakes; options that do not exist, and options outside of lists, alone.
 *
 * Example: a mistake at `policies[1].methods[0].percent` leaves the document without `policies[1]`.
 */
export function withoutMistakes(
  document: unknown,
  mistakes: readonly Path[],
  isUnknownOption: (path: Path) => boolean,
): Remainder {
  const left = new Set(
    mistakes.map((path) => {
      const item = path.findIndex((part) => typeof part === "number");
      return keyOf(isUnknownOption(path) || item === -1 ? path : path.slice(0, item + 1));
    }),
  );
  const kept = new Map<string, number[]>();
  const out = new Map<PropertyKey | undefined, unknown[]>();
  const isLeft = (path: Path, value: unknown): boolean => {
    if (!left.has(keyOf(path))) return false;
    out.set(path[0], [...(out.get(path[0]) ?? []), value]);
    return true;
  };
  const copy = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) {
      const indices = [...value.keys()].filter((index) => !isLeft([...path, index], value[index]));
      kept.set(keyOf(path), indices);
      return indices.map((index) => copy(value[index], [...path, index]));
    }
    if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
      return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key, item]) => !isLeft([...path, key], item))
        .map(([key, item]) => [key, copy(item, [...path, key])]),
    );
  };
  return {
    value: copy(document, []),
    leftOut: (section) => out.get(section) ?? [],
    originalPath: (path) =>
      path.reduce<Path>(
        (original, part) => [
          ...original,
          typeof part === "number" ? (kept.get(keyOf(original))?.[part] ?? part) : part,
        ],
        [],
      ),
  };
}

function keyOf(path: Path): string {
  return JSON.stringify(path);
}
