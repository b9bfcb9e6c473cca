import type { Platform } from "@apportion/platform/platform";

/** What people decide: it begins on whole tables, and the log is told of it, so that it outlives them. @throws BehindError */
export async function onRecord<T>(platform: Pick<Platform, "recovery">, act: () => Promise<T>): Promise<T> {
  const recovery = await platform.recovery();
  await recovery.requireWhole();
  const done = await act();
  await recovery.tell();
  return done;
}
