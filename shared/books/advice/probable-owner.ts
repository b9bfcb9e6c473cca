import type { Team } from "@apportion/domain/tenancy";
import type { Confidence } from "./finding.js";

/** By what an owner may be guessed. */
interface Hints {
  readonly names: readonly string[];
  readonly labels: readonly string[];
  readonly costCenters: readonly string[];
}

export interface ProbableOwner {
  readonly team: string;
  readonly because: string;
  readonly confidence: Confidence;
}

/** Shorter ids are alike by chance. */
const ALIKE_LENGTH_MIN = 4;

/**
 * To whom something probably belongs: by its cost center, else by a word of its names or labels that is a team's id, else by a word that is an id but for one letter.
 * Where several teams fit equally nobody is named: a guess that is as likely wrong costs trust.
 */
export function probableOwner(
  { names, labels, costCenters }: Hints,
  teams: readonly Team[],
): ProbableOwner | undefined {
  const said = [...labels, ...names].filter((text) => text !== "");
  const ways: readonly ((team: Team) => string | undefined)[] = [
    ({ costCenter }) => (costCenters.includes(costCenter) ? `its cost center is ${costCenter}` : undefined),
    ({ id }) => reasonWhere(said, (text) => hasWords(text, id), `has the word ${id}`),
    ({ id }) =>
      reasonWhere(
        said,
        (text) => wordsOf(text).some((word) => isAlike(word, id)),
        `is spelled almost as ${id}`,
      ),
  ];
  for (const [rank, way] of ways.entries()) {
    const fitting = teams.flatMap((team) => {
      const because = way(team);
      return because === undefined ? [] : [{ team: team.id, because }];
    });
    const [only, ...others] = fitting;
    if (only && others.length === 0)
      return { ...only, confidence: rank === 0 ? "high" : rank === 1 ? "medium" : "low" };
    if (only) return undefined;
  }
  return undefined;
}

function reasonWhere(
  said: readonly string[],
  fits: (text: string) => boolean,
  how: string,
): string | undefined {
  const text = said.find(fits);
  return text === undefined ? undefined : `"${text}" ${how}`;
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}

/** Whether all words of the id stand beside each other: `team-fraud-dev` has `fraud`. */
function hasWords(text: string, id: string): boolean {
  return `-${wordsOf(text).join("-")}-`.includes(`-${wordsOf(id).join("-")}-`);
}

/** One letter more, less, or another one. */
function isAlike(word: string, id: string): boolean {
  const name = id.toLowerCase();
  if (name.length < ALIKE_LENGTH_MIN || Math.abs(word.length - name.length) > 1) return false;
  const [short, long] = word.length < name.length ? [word, name] : [name, word];
  let at = 0;
  while (at < short.length && short[at] === long[at]) at += 1;
  return short.length === long.length
    ? short.slice(at + 1) === long.slice(at + 1)
    : short.slice(at) === long.slice(at + 1);
}
