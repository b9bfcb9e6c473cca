import { type Continue, meanOf, SEASON_DAYS } from "./methods.js";

/** Smoothing of level, trend and season, and by what the trend is damped each day. */
interface Smoothing {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly phi: number;
}

interface State {
  readonly level: number;
  readonly trend: number;
  /** Of the next seven days. */
  readonly season: readonly number[];
}

/** Below it there is no season to start from. */
export const HOLT_WINTERS_DAYS_MIN = 2 * SEASON_DAYS;
/** Days that the first state is taken from. */
const START_DAYS = 4 * SEASON_DAYS;

/** A grid instead of a search: the same days give the same parameters everywhere, and a finer one does not forecast better. */
const GRID: readonly Smoothing[] = [0.02, 0.05, 0.1, 0.2, 0.4, 0.7].flatMap((alpha) =>
  [0, 0.05, 0.15, 0.4].flatMap((gamma) => [
    { alpha, beta: 0, gamma, phi: 0 },
    ...[0.05, 0.2].flatMap((beta) => [0.85, 0.95].map((phi) => ({ alpha, beta, gamma, phi }))),
  ]),
);

/**
 * Damped Holt-Winters with an additive season of a week:
 *   ŷ(t+h) = ℓ(t) + (φ + … + φ^h) b(t) + s(t+h−7(k+1))
 *   ℓ(t) = α (y(t) − s(t−7)) + (1−α)(ℓ(t−1) + φ b(t−1))
 *   b(t) = β (ℓ(t) − ℓ(t−1)) + (1−β) φ b(t−1)
 *   s(t) = γ (y(t) − ℓ(t−1) − φ b(t−1)) + (1−γ) s(t−7)
 * with the parameters of a grid whose one-day errors have the smallest sum of squares; β = 0 has no trend.
 * Source: Forecasting: Principles and Practice, 3rd ed., 8.3, Holt-Winters' damped method, with the additive season.
 */
export const holtWinters: Continue = (days, ahead) => {
  const start = startOf(days);
  let best: { readonly state: State; readonly phi: number } | undefined;
  let least = Infinity;
  for (const smoothing of GRID) {
    const { state, squares } = run(days, start, smoothing);
    if (squares >= least) continue;
    least = squares;
    best = { state, phi: smoothing.phi };
  }
  return best ? continued(best.state, best.phi, ahead) : Array.from({ length: ahead }, () => meanOf(days));
};

function startOf(days: readonly number[]): State {
  const first = days.slice(0, Math.min(START_DAYS, Math.floor(days.length / SEASON_DAYS) * SEASON_DAYS));
  const level = meanOf(first);
  const season = Array.from(
    { length: SEASON_DAYS },
    (_, weekday) => meanOf(first.filter((_day, index) => index % SEASON_DAYS === weekday)) - level,
  );
  return { level, trend: 0, season };
}

function run(
  days: readonly number[],
  start: State,
  { alpha, beta, gamma, phi }: Smoothing,
): { readonly state: State; readonly squares: number } {
  let { level, trend } = start;
  const season = [...start.season];
  let squares = 0;
  for (let index = 0; index < days.length; index += 1) {
    const weekday = index % SEASON_DAYS;
    const [day, usual] = [days[index] ?? 0, season[weekday] ?? 0];
    const expected = level + phi * trend;
    squares += (day - expected - usual) ** 2;
    const next = alpha * (day - usual) + (1 - alpha) * expected;
    trend = beta * (next - level) + (1 - beta) * phi * trend;
    level = next;
    season[weekday] = gamma * (day - expected) + (1 - gamma) * usual;
  }
  const at = days.length % SEASON_DAYS;
  return { state: { level, trend, season: [...season.slice(at), ...season.slice(0, at)] }, squares };
}

function continued({ level, trend, season }: State, phi: number, ahead: number): number[] {
  let damped = 0;
  return Array.from({ length: ahead }, (_, step) => {
    damped += phi ** (step + 1);
    return level + damped * trend + (season[step % SEASON_DAYS] ?? 0);
  });
}
