import { withoutFlag } from "../server/failure.js";
import { NotFoundError, RefusedError, UnfinishedError } from "../server/problem.js";

/**
 * What an act comes to. A mistake of whoever asks is refused in words without a flag; whatever else fails may have begun something.
 * @throws RefusedError, NotFoundError, UnfinishedError
 */
export async function done<T>(act: Promise<T>): Promise<T> {
  try {
    return await act;
  } catch (error) {
    if (error instanceof RefusedError || error instanceof NotFoundError) throw error;
    if (error instanceof Error && "code" in error && error.code === "USAGE")
      throw new RefusedError(409, withoutFlag(error.message), undefined, { cause: error });
    throw new UnfinishedError(error);
  }
}
