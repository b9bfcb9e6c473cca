import type { Platform } from "@apportion/platform/platform";

/** What people decide: it begins on whole tables, and the log is told of it, so that it outlives them. @throws BehindError */
export async function onRecord<T>(platform: Pick<Platform, "recovery">, act: () => Promise<T>): Promise<T> {
  const recovery = await platform.recovery();
  await recovery.requireWhole();
  try {
    return await act();
  } finally {
    await recovery.tell(); // also of what was left by an act that failed half way
  }
}
