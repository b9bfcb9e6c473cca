import type { Team } from "@apportion/domain/tenancy";

/** Who gets a team's mails: finance, where nobody of the team is known. */
export function recipientsOf(
  { contacts }: Pick<Team, "contacts">,
  finance: readonly string[],
): readonly string[] {
  return contacts.length > 0 ? contacts : finance;
}
