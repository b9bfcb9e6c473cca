import { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { READING_COLOURS } from "./colours.js";
import { alarm, stackedTime, table } from "./panels.js";

/** Whether what is shown elsewhere can be relied on, and what waits for somebody. */
export function operationsDashboard(currency: string): DashboardBuilder {
  return new DashboardBuilder("Operations")
    .uid("apportion-operations")
    .description("Whether readings arrive, what waits for somebody, and whether everything adds up")
    .withPanel(
      alarm({
        title: "Readings missing or stale (count)",
        description:
          "From `reading_completeness`: expected readings of the chosen days that are missing, or provisional and not read for 48 hours.",
        sql: `SELECT countIf(status IN ('missing', 'stale')) AS "Readings" FROM reading_completeness WHERE $__dateFilter(day)`,
        size: [5, 5],
      }),
    )
    .withPanel(
      alarm({
        title: "Readings in quarantine (count)",
        description:
          "From `pending_quarantine`: readings of any day on which somebody must decide; they are charged to nobody until then.",
        sql: `SELECT count() AS "Readings" FROM pending_quarantine`,
        size: [5, 5],
      }),
    )
    .withPanel(
      alarm({
        title: "Messages failed, held or deferred (count)",
        description:
          "From `message_deliveries`: messages of the chosen time that did not reach everybody, and were not sent again with success.",
        sql: `SELECT uniqExactIf((kind, billing_period, team_id, message_id), state NOT IN ('sent', 'sent again')) AS "Messages" FROM message_deliveries WHERE $__timeFilter(told_at)`,
        size: [5, 5],
      }),
    )
    .withPanel(
      alarm({
        title: "Days on which allocated is not collected (count)",
        description:
          "From `current_runs`: every dollar that was collected is allocated once, so it is 0. `apportion verify` proves more, down to every line.",
        sql: `SELECT countIf(collected != allocated) AS "Days" FROM current_runs WHERE $__dateFilter(charge_day)`,
        size: [5, 5],
      }),
    )
    .withPanel(
      alarm({
        title: "Journals that do not balance (count)",
        description:
          "From `posted_entries`: debits and credits of each journal add up to nothing, so it is 0. `apportion verify` proves their chain too.",
        sql: `SELECT countIf(balance != 0) AS "Journals" FROM (SELECT seq, sum(signed_amount) AS balance FROM posted_entries GROUP BY seq)`,
        size: [4, 5],
      }),
    )
    .withPanel(
      stackedTime({
        title: "Expected readings by day: final, provisional, stale, missing (count)",
        description:
          "From `reading_completeness`: each source and scope that is expected, by the day that it is about. Provisional ones may be restated; stale ones are provisional and were not read for 48 hours. Days are UTC.",
        sql: `SELECT toDateTime(assumeNotNull(day), 'UTC') AS time, countIf(status = 'final') AS "final", countIf(status = 'provisional') AS "provisional",
  countIf(status = 'stale') AS "stale", countIf(status = 'missing') AS "missing"
FROM reading_completeness WHERE $__dateFilter(day) GROUP BY time ORDER BY time`,
        size: [12, 10],
        unitOfAxis: "readings",
        colours: READING_COLOURS,
      }),
    )
    .withPanel(
      table({
        title: "How fresh each source is (age in hours, days as counts)",
        description:
          "From `reading_completeness`, of the chosen days: up to which day everything is final, the last day that is read, and the age of the newest reading.",
        sql: `SELECT dataset AS "Dataset", source AS "Source", scope AS "Scope", toString(maxIf(day, status = 'final')) AS "Last final day", toString(maxIf(day, status != 'missing')) AS "Last day read",
  min(age_hours) AS "Age of the newest", countIf(status = 'provisional') AS "Provisional", countIf(status = 'stale') AS "Stale", countIf(status = 'missing') AS "Missing"
FROM reading_completeness WHERE $__dateFilter(day) GROUP BY dataset, source, scope ORDER BY "Missing" DESC, "Stale" DESC, dataset, source, scope`,
        size: [12, 10],
        columns: { "Age of the newest": "hours", Provisional: "count", Stale: "count", Missing: "count" },
      }),
    )
    .withPanel(
      table({
        title: "Readings in quarantine, the oldest first (amount in the currency or the meter's unit)",
        description:
          "From `pending_quarantine`: decide with `apportion quarantine release` or `drop`. A later good reading of the same period makes one moot.",
        sql: `SELECT id AS "Id", dataset AS "Dataset", source AS "Source", scope AS "Scope", toString(toDate(charge_period_start)) AS "Of the day", read_at AS "Read at (UTC)", row_count AS "Rows", amount AS "Amount", reason AS "Why"
FROM pending_quarantine ORDER BY read_at, id`,
        size: [12, 8],
        columns: { Rows: "count" },
        nothing: "Nothing is in quarantine",
      }),
    )
    .withPanel(
      table({
        title: `Runs of the last days: what they lack (amounts in ${currency})`,
        description:
          "From `current_runs`: the run that counts for each of the chosen days, with the readings that were not there, the newest day first.",
        sql: `SELECT toString(charge_day) AS "Day (UTC)", as_of AS "Newest input (UTC)", if(empty(missing), 'nothing', arrayStringConcat(missing, ', ')) AS "Lacks", collected AS "Collected (${currency})", allocated AS "Allocated (${currency})"
FROM current_runs WHERE $__dateFilter(charge_day) ORDER BY charge_day DESC LIMIT 62`,
        size: [12, 8],
      }),
    )
    .withPanel(
      table({
        title: "How far consumers of the event log are (count of messages, by the database's clock)",
        description:
          "From `log_positions`: messages up to which each consumer handled a topic, and when it last did. How far the log itself is, and so the lag, `/readyz` of each process tells; dead letters are in the log: `apportion dead-letters list`.",
        sql: `SELECT consumer_group AS "Consumer", topic AS "Topic", partitions AS "Partitions", next_offsets AS "Messages", handled_at AS "Last handled (UTC)"
FROM log_positions ORDER BY consumer_group, topic`,
        size: [12, 9],
        columns: { Partitions: "count", Messages: "count" },
      }),
    )
    .withPanel(
      table({
        title: "Messages by kind and what became of them (count)",
        description:
          "From `message_deliveries`, of the chosen time: mails and notices to channels; one that tells of several thresholds counts once. `apportion notifications` names the recipients.",
        sql: `SELECT kind AS "Kind", state AS "State", uniqExact((billing_period, team_id, message_id)) AS "Messages", sum(missed) AS "Recipients missed", max(told_at) AS "Last (UTC)"
FROM message_deliveries WHERE $__timeFilter(told_at) GROUP BY kind, state ORDER BY state IN ('sent', 'sent again'), kind, state`,
        size: [12, 9],
        columns: { Messages: "count", "Recipients missed": "count" },
        nothing: "No message in the chosen time",
      }),
    );
}
