import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { groupedCents } from "@apportion/domain/cents";
import { parsePicos } from "@apportion/domain/money";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { hasChromium, launchChromium, violationsOn } from "@apportion/explorer/testing/chromium";
import { listen } from "@apportion/explorer/server/listen";
import { startProvider } from "@apportion/explorer/testing/provider";
import { openOctober } from "@apportion/pipeline/october";
import { costReading, cpu, publish } from "@apportion/pipeline/platform";
import { silentLogger } from "@apportion/runtime/logger";
import { decidingApp, GROUPS } from "./testing/deciding.js";

/** Two people, each in a browser of their own, close a month and release a reading on the built pages. */

type Chromium = Awaited<ReturnType<typeof launchChromium>>;
type Page = Awaited<ReturnType<Chromium["newPage"]>>;

const LOOKS = [
  { width: 1440, colorScheme: "light" },
  { width: 390, colorScheme: "dark" },
] as const;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.skipIf(!hasChromium)("on the pages", () => {
  const closers: (() => Promise<void>)[] = [];
  let browser: Chromium;
  let url: string;
  beforeAll(async () => {
    const test = await openOctober();
    closers.push(() => test.close());
    const read = (day: string, amount: string): Promise<void> =>
      publish(
        test.log,
        costReading(day, [cpu(amount, { namespace: "team-a" })], "two"),
        "2026-11-11T06:00:00Z",
      );
    await read("2026-11-02", "10");
    await read("2026-11-03", "90000");
    await test.settle({ now: "2026-11-11T07:00:00Z" });
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const provider = await startProvider({ redirectUri: `${url}/auth/callback`, groups: GROUPS });
    closers.push(() => provider.close());
    const app = await decidingApp(
      { test, logger: silentLogger, clock: () => new Date("2026-11-11T08:00:00Z") },
      { issuer: provider.issuer, publicUrl: url, token: "a-token-of-a-program-that-is-long-enough" },
    );
    const server = await listen(app, { host: "127.0.0.1", port });
    closers.push(() => server.close());
    browser = await launchChromium();
    closers.push(() => browser.close());
  });
  afterAll(async () => {
    for (const close of closers.toReversed()) await close();
  });

  const signIn = async (who: keyof typeof GROUPS, path: string): Promise<Page> => {
    const context = await browser.newContext({ reducedMotion: "reduce" });
    const page = await context.newPage();
    await page.goto(`${url}${path}`);
    await page.locator("input[name=login]").fill(who);
    await page.locator("input[name=password]").fill("any");
    await page.locator("button[type=submit]").click();
    await page.locator("button[type=submit]").click();
    await page.waitForURL(`${url}${path}`);
    await page.waitForSelector("h1");
    return page;
  };
  const looks = async (page: Page): Promise<void> => {
    for (const { width, colorScheme } of LOOKS) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      expect([width, await violationsOn(page)]).toEqual([width, []]);
      const tooWide = await page.evaluate("Math.max(0, document.documentElement.scrollWidth - innerWidth)");
      expect([width, tooWide]).toEqual([width, 0]);
    }
  };

  it("one prepares the close and another approves it, by keys alone", async () => {
    const path = "/books?month=2026-10";
    const [fay, op] = [await signIn("fay", path), await signIn("op", path)];
    await fay.getByRole("button", { name: "Prepare the close of October 2026" }).focus();
    await fay.keyboard.press("Enter");
    await looks(fay);
    await fay.keyboard.press("Enter"); // the button that does it has the focus
    await fay.getByText("You prepared it: somebody else has to approve it").waitFor();
    expect(await fay.getByRole("button", { name: /^Approve/ }).count()).toBe(0);
    await op.reload();
    await op.getByRole("button", { name: "Approve: close October 2026" }).focus();
    await looks(op);
    await op.keyboard.press("Enter");
    await op.getByText("fay b <fay> prepared it and you approved it").waitFor();
    await looks(op);
    await op.keyboard.press("Enter");
    await op.getByText("October 2026 is closed: prepared by fay b <fay>, approved by op b <op>").waitFor();
    await fay.reload();
    await fay.getByText("October 2026 is closed").waitFor();
    await fay.getByRole("button", { name: "Propose an adjustment" }).click();
    await fay.getByLabel("Who pays less").selectOption("a");
    await fay.getByLabel("Who pays more").selectOption("idle");
    await fay.getByLabel("Amount, USD").fill("1.50");
    await fay.getByLabel("Less in").selectOption("2026-10");
    await fay.getByLabel("More in").selectOption("2026-11");
    await fay.getByLabel("Why; it stands on statements and in the ledger").fill("An experiment");
    await looks(fay);
    await fay.getByRole("button", { name: "Put it on record for approval" }).click();
    await fay.getByText("Move USD 1.50 from a to idle capacity: prepared by fay b <fay>").waitFor();
    await fay.getByText(/less for October 2026, idle capacity as much more for November 2026/).waitFor();
    const finn = await signIn("finn", path);
    await finn.getByRole("button", { name: "Approve: move USD 1.50 from a to idle capacity" }).click();
    await finn.getByRole("button", { name: "Move USD 1.50 from a to idle capacity" }).click();
    await finn.getByText("fay b <fay> prepared it and you approved it").waitFor({ state: "detached" });
    // Who looks at the statement of October finds what was posted about it in November.
    await finn.goto(`${url}/teams/a?month=2026-10`);
    await finn
      .getByText("USD -1.50, adjustment, charged in November 2026 (journal 2): An experiment")
      .waitFor();
    const { total } = (await (
      await finn.request.get(`${url}/api/v1/teams/a/months/2026-10/statement`)
    ).json()) as { total: string };
    const inAll = groupedCents(parsePicos(total) / PICOS_PER_CENT - 150n);
    await finn.getByText(`October 2026 with all that was posted about it: USD ${inAll}`).waitFor();
    await looks(finn);
    await op.goto(`${url}/?month=2026-11`);
    await op.getByText("1 reading is held back").waitFor();
  });

  it("one prepares a release, says why, and another approves it; others see who may", async () => {
    const path = "/readings?month=2026-11";
    const [op, finn, ann] = [await signIn("op", path), await signIn("finn", path), await signIn("ann", path)];
    await ann.getByText("Who has the role finance or operator").waitFor();
    await ann.getByText("apportion quarantine release").waitFor();
    expect(await ann.getByRole("button", { name: /^Prepare/ }).count()).toBe(0);
    await op.getByRole("button", { name: "Prepare its release" }).click();
    await op.getByLabel("Why; it stays on record").fill("A new product");
    await looks(op);
    await op.getByRole("button", { name: "Put it on record for approval" }).click();
    await op.getByText("Why: A new product").waitFor();
    // Of two who hold the page open, the second is told that it waits already.
    await finn.getByRole("button", { name: "Prepare its drop" }).click();
    await finn.getByLabel("Why; it stays on record").fill("A wrong price");
    await finn.getByRole("button", { name: "Put it on record for approval" }).click();
    await finn.getByRole("button", { name: /^Approve: release cost of kubecost, two, 3 Nov 2026/ }).click();
    await finn.getByRole("button", { name: /^Release cost/ }).click();
    await finn.getByText("Prepared by op b <op>, approved by finn b <finn>: A new product").waitFor();
    await looks(finn);
  });
});
