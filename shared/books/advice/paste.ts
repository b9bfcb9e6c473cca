/** Words of advice that can be pasted into a shell. Names come from clusters and bills, and must not become a command. */

const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/;

/** A name as one word of a shell. */
export function shellWord(name: string): string {
  return PLAIN.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}

/** `kubectl --context shared-eu-1 -n team-a` */
export function kubectl({
  cluster,
  namespace,
}: {
  readonly cluster: string;
  readonly namespace: string;
}): string {
  const inNamespace = namespace === "" ? "" : ` -n ${shellWord(namespace)}`;
  return `kubectl --context ${shellWord(cluster)}${inNamespace}`;
}

/** `deployment/api`; bare pods have no controller. */
export function workloadWord({
  controllerKind,
  controller,
}: {
  readonly controllerKind: string;
  readonly controller: string;
}): string {
  return shellWord(`${controllerKind === "" ? "pod" : controllerKind}/${controller}`);
}

/** A value of YAML on one line: JSON is YAML. */
export function yamlText(text: string): string {
  return PLAIN.test(text) ? text : JSON.stringify(text);
}

/** Text of SQL. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
