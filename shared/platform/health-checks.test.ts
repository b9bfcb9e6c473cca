import { describe, expect, it } from "vitest";
import type { EventLog, SubscriptionState } from "@apportion/event-log/log";
import { eventLogCheck, lostConsumers } from "./health-checks.js";

const MINUTE_MS = 60_000;

/** What health asks of a log, with subscriptions in any state. */
function logWith(subscription: Partial<SubscriptionState>): EventLog {
  const state: SubscriptionState = {
    group: "notifier",
    topics: ["a"],
    state: "consuming",
    lastSeenAt: new Date(),
    handlingSince: undefined,
    restarts: 0,
    lastError: undefined,
    ...subscription,
  };
  const asked: Pick<EventLog, "ping" | "lag" | "subscriptions"> = {
    ping: async () => undefined,
    lag: async () => 7,
    subscriptions: () => [state],
  };
  return asked as EventLog;
}

describe("the health of the event log", () => {
  it("tells of membership, the last poll and lag", async () => {
    expect(await eventLogCheck(logWith({}), "kafka")()).toEqual([
      { what: "event log", ok: true, detail: "the kafka log answers" },
      { what: "group notifier", ok: true, detail: "in the group; last poll 0 s ago" },
      { what: "lag of notifier", ok: true, detail: "7 messages behind" },
    ]);
  });

  it.each([
    [
      { state: "joining" as const, restarts: 2, lastError: "no rights" },
      /not in the group.*2 times.*no rights/,
    ],
    [{ lastSeenAt: new Date(Date.now() - 2 * MINUTE_MS) }, /last poll 120 s ago/],
  ])("is not well while a consumer is lost: %j", async (subscription, detail) => {
    const findings = await eventLogCheck(logWith(subscription), "kafka")();
    const group = findings.find(({ what }) => what === "group notifier");
    expect(group).toMatchObject({ ok: false, detail: expect.stringMatching(detail) as string });
  });

  it("asks for a new start when a consumer has not come back for long, and not before", () => {
    const startMs = Date.now();
    let nowMs = startMs;
    const lost = lostConsumers(logWith({ state: "joining", lastSeenAt: undefined }), () => nowMs);
    expect(lost()).toBeUndefined();
    nowMs = startMs + 14 * MINUTE_MS;
    expect(lost()).toBeUndefined();
    nowMs = startMs + 16 * MINUTE_MS;
    expect(lost()).toBe("group notifier has heard nothing from the log for 960 s");
  });
});
