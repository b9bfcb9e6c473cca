/**
 * Whether who prepares and who approves are two people: two spellings of a name are one, and nobody is none.
 *
 * Example: `alice` and `Alice ` are not two.
 */
export function areTwoPeople(preparedBy: string, approvedBy: string): boolean {
  const [preparer, approver] = [preparedBy, approvedBy].map((name) =>
    name.normalize("NFKC").trim().replaceAll(/\s+/g, " ").toLowerCase(),
  );
  return preparer !== "" && approver !== "" && preparer !== approver;
}
