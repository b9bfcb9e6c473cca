import { NotFoundError, RefusedError, UnfinishedError, withoutFlag } from "../server/problem.js";

/**
 * What an act comes to. A mistake of whoever asks is refused in words without flags; whatever else fails may have begun something.
 * @throws RefusedError, NotFoundError, UnfinishedError
 */
export async function done<T>(act: Promise<T>): Promise<T> {
  try {
    return await act;
  } catch (error) {
    if (error instanceof RefusedError || error instanceof NotFoundError) throw error;
    if (error instanceof Error && "code" in error && error.code === "USAGE")
      throw new RefusedError(409, withoutFlags(error.message), undefined, { cause: error });
    throw new UnfinishedError(error);
  }
}

/** `--to: there is no team "x"` → `There is no team "x"`; other flags are words, but in a command that somebody may give. */
function withoutFlags(message: string): string {
  const words = withoutFlag(message)
    .split("`")
    .map((part, at) => (at % 2 === 0 ? part.replaceAll(/--(?=[a-z])/g, "") : part));
  const text = words.join("`");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
