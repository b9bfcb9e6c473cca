/** `table` or `database.table`, each a plain name. Names come from our own code; this keeps it so. */
const TABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}(\.[A-Za-z_][A-Za-z0-9_]{0,127})?$/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** @throws TypeError when it is not a plain, optionally qualified table name */
export function tableName(text: string): string {
  if (!TABLE.test(text)) throw new TypeError(`Not a table name: ${JSON.stringify(text)}`);
  return text;
}

/** @throws TypeError when it is not a plain name */
export function plainName(text: string): string {
  if (!NAME.test(text)) throw new TypeError(`Not a plain name: ${JSON.stringify(text)}`);
  return text;
}
