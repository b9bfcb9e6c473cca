/** What stands in commands that are shown, in the place of what somebody says: pasted as it is, it names nobody and says nothing. */
const PLACEHOLDERS: ReadonlySet<string> = new Set(["NAME", "ANOTHER", "TEXT"]);

export function isPlaceholder(text: string): boolean {
  return PLACEHOLDERS.has(text.trim());
}

/**
 * Whether who prepares and who approves are two people: two spellings of a name are one, and nobody is none.
 *
 * Example: `alice` and `Alice ` are not two, nor is `al\u200dice`, which looks the same; `NAME` is nobody.
 */
export function areTwoPeople(preparedBy: string, approvedBy: string): boolean {
  if (isPlaceholder(preparedBy) || isPlaceholder(approvedBy)) return false;
  const [preparer, approver] = [preparedBy, approvedBy].map((name) =>
    name
      .normalize("NFKC")
      .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, "")
      .trim()
      .replaceAll(/\s+/g, " ")
      .toLowerCase(),
  );
  return preparer !== "" && approver !== "" && preparer !== approver;
}
