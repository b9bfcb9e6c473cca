/** Words of advice that can be pasted into a shell. Names come from clusters and bills, and must not become a command. */

const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/;

/** A name as one word of a shell. */
export function shellWord(name: string): string {
  return PLAIN.test(name) ? name : asItIs(name);
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

/** Text as a value of YAML on one line: JSON is YAML, and without quotes `123` and `true` would be no text. */
export function yamlText(text: string): string {
  return JSON.stringify(text);
}

/** A long text as one word of a shell, with what a shell would read in it kept from it. */
export function quoted(text: string): string {
  return /[\\"$`!\p{Cc}]/u.test(text) ? asItIs(text) : `"${text}"`;
}

function asItIs(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Text of SQL. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
