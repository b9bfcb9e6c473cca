/** How much of a budget is used and expected: a bar whose end is the budget, or what is expected where that is more. */
export function Meter({
  used,
  expected,
  budget,
  label,
}: {
  readonly used: bigint;
  readonly expected: bigint | undefined;
  readonly budget: bigint;
  readonly label: string;
}) {
  const most = [used, expected ?? 0n, budget].reduce((a, b) => (a > b ? a : b));
  const part = (of: bigint): string =>
    most <= 0n || of <= 0n ? "0%" : `${Number((of * 1000n) / most) / 10}%`;
  const tone = used > budget ? "bad" : expected !== undefined && expected > budget ? "watch" : "good";
  return (
    <span className="meter" role="img" aria-label={label}>
      {expected !== undefined && (
        <span className={`meter-expected ${tone}`} style={{ width: part(expected) }} />
      )}
      <span className={`meter-used ${tone}`} style={{ width: part(used) }} />
      <span className="meter-budget" style={{ left: part(budget) }} />
    </span>
  );
}
