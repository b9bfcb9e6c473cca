import { isRefusal } from "@apportion/clickhouse/errors";
import { MigrationError } from "@apportion/clickhouse/migration-files";
import type { EventLogConfig } from "@apportion/event-log/open";
import type { EventLog } from "@apportion/event-log/log";
import { TOPICS } from "@apportion/events/catalogue";
import { waitFor, type Patience } from "@apportion/runtime/wait-for";

/** Resolves when the log answers and has the topics. What is embedded is there or broken: nobody waits for it. */
export async function reachEventLog(
  config: EventLogConfig,
  log: EventLog,
  patience: Patience | undefined,
): Promise<void> {
  const attempt = (): Promise<void> => log.ensureTopics(Object.values(TOPICS));
  if (config.kind === "embedded") return attempt();
  await waitFor(
    {
      what: "Kafka",
      where: config.brokers.join(", "),
      check:
        "check eventLog.brokers in the configuration, and that the brokers run and can be reached from here",
      attempt,
    },
    patience,
  );
}

/** Resolves with what `attempt` gives, when the server answers. A database that does not fit this program is not waited for. */
export async function whenClickHouseAnswers<T>(
  url: string,
  attempt: () => Promise<T>,
  patience: Patience | undefined,
): Promise<T> {
  return waitFor(
    {
      what: "ClickHouse",
      where: url,
      check:
        "check clickhouse.url in the configuration, and that the server runs and can be reached from here",
      attempt,
      isWorthWaiting: (error) => !(error instanceof MigrationError) && !isRefusal(error),
    },
    patience,
  );
}
