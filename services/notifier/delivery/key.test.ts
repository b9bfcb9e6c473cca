import { describe, expect, it } from "vitest";
import { budgetOfKey } from "./key.js";

describe("messages about one budget and month", () => {
  it("are told by their keys from those about another, whatever signs the name of its owner has", () => {
    const said = budgetOfKey("channel/chat/budget-alert/2026-11/search/100/2026-11@1200.00/0");
    expect(
      [
        "channel/chat/budget-alert-withdrawal/2026-11/search/80/2026-11@1200.00/0",
        "retry/2/channel/chat/budget-alert/2026-11/search/90/2026-10@900.00/3",
      ].map(budgetOfKey),
    ).toEqual([said, said]);
    const others = [
      "channel/chat/forecast-alert/2026-11/search/100/2026-11@1200.00/0",
      "channel/mail/budget-alert/2026-11/search/100/2026-11@1200.00/0",
      "channel/chat/budget-alert/2026-10/search/100/2026-11@1200.00/0",
      "channel/chat/budget-alert/2026-11/checkout/100/2026-11@1200.00/0",
      "channel/chat/budget-alert/2026-11/search/100/team/search/quarter/gpu:2026-11@1200.00/0",
      "channel/chat/budget-alert/2026-11//80/cost-center/a:2026-11@1200.00/0/month/all:2026-11@1200.00/0",
      "channel/chat/budget-alert/2026-11//80/cost-center/b:2026-11@1200.00/0/month/all:2026-11@1200.00/0",
      "channel/chat/team-report/2026-11/search/final",
    ].map(budgetOfKey);
    expect(new Set([said, ...others]).size).toBe(others.length + 1);
  });
});
