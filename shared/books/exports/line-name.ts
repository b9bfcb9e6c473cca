import { CATEGORIES, categoryName } from "@apportion/domain/category";

const list = (names: readonly string[]): string => `[${names.map((name) => `'${name}'`).join(", ")}]`;

/** As `lineName`, in SQL; names of shared services are the parameters `serviceIds` and `serviceNames`. */
export function lineNameSql(category: string, pool: string): string {
  const name = `transform(toString(${category}), ${list(CATEGORIES)}, ${list(CATEGORIES.map(categoryName))}, toString(${category}))`;
  const known = `{serviceNames:Array(String)}[indexOf({serviceIds:Array(String)}, ${pool})]`;
  return `multiIf(
    startsWith(${pool}, 'system/'), concat('Kubernetes system services on ', ${unescaped(`substring(${pool}, 8)`)}),
    startsWith(${pool}, 'idle/'), concat(${name}, ' of ', ${unescaped(`substring(${pool}, 6)`)}),
    ${pool} IN ('', 'corporate', 'unallocated', 'unused-commitment'), ${name},
    ${known} = '', ${pool}, ${known})`;
}

/** As `unescapePart`. */
function unescaped(part: string): string {
  return `replaceAll(replaceAll(replaceAll(${part}, '%2F', '/'), '%2C', ','), '%25', '%')`;
}
