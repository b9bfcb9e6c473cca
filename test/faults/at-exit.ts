const acts = new Set<() => void>();

process.on("exit", () => {
  for (const act of acts) act();
});

/** What has to be done even when this process ends early, such as ending those that it started. @returns how to forget it again */
export function atExit(act: () => void): () => void {
  acts.add(act);
  return () => void acts.delete(act);
}
