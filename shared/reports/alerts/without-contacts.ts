/** For a mail that goes to finance, since nobody of the team is known. */
export function withoutContactsText({ id, name }: { readonly id: string; readonly name: string }): string {
  return `No contacts are configured for ${name} (${id}), so this mail goes to finance. Please pass it on, and add contacts to the team.`;
}
