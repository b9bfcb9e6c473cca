/** For a mail that goes to finance, since nobody of the team, or of whoever else has a budget, is known. */
export function withoutContactsText({
  id,
  name,
  kind = "team",
}: {
  readonly id: string;
  readonly name: string;
  readonly kind?: string;
}): string {
  return `No contacts are configured for ${name} (${id}), so this mail goes to finance. Please pass it on, and add contacts to the ${kind.replace("-", " ")}.`;
}
