import { readFileSync } from "node:fs";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { costReading, cpu, publishAll } from "@apportion/pipeline/platform";
import { Secret } from "@apportion/runtime/secret";
import { explorerConfig } from "./config.js";
import { createApp } from "./server/app.js";
import { listen } from "./server/listen.js";
import type { ExplorerApp } from "./server/question.js";
import { BOOKS_TIMEOUT_MS, openTestBooks, registry, type TestBooks } from "./testing/books.js";
import { hasChromium, launchChromium, violationsOn } from "./testing/chromium.js";
import { CLIENT, startProvider } from "./testing/provider.js";

/** The built pages in a browser, over books that the real engine made. */

/** Of the scripts that the first paint takes, compressed. */
const FIRST_PAINT_BYTES_MAX = 250_000;

const LOOKS = [
  { width: 1440, colorScheme: "light" },
  { width: 390, colorScheme: "dark" },
] as const;

const PAGES = [
  "/",
  "/explore?compare=1",
  "/explore?group=category,namespace&team=search&step=total",
  "/explore?shape=tiles&group=team,category&compare=1&open=search/cpu",
  "/explore?into=workload&open=search&open=genomics",
  "/explore?group=category&team=search&into=day&open=cpu&why=search/2026-11/category:cpu",
  "/changes",
  "/changes?effect=usage",
  "/changes?team=search",
  "/teams",
  "/teams/search",
  "/teams/search?why=search/2026-11/1",
  "/why?why=search/2026-11/1",
  "/shared?open=shared%20mlflow",
  "/shared?team=search",
  "/recommendations",
  "/policies?try=allocation:%0A%20%20policies:%0A%20%20%20%20-%20pool:%20mlflow%0A%20%20%20%20%20%20methods:%0A%20%20%20%20%20%20%20%20-%20kind:%20even%0A",
  "/report",
  "/books",
  "/readings",
] as const;

describe.skipIf(!hasChromium)(
  `the pages${hasChromium ? "" : ": apt-get install chromium to look at them"}`,
  () => {
    let books: TestBooks;
    let app: ExplorerApp;
    let server: Awaited<ReturnType<typeof listen>>;
    let browser: Browser;
    let context: BrowserContext;
    beforeAll(async () => {
      books = await openTestBooks();
      app = createApp(books.deps);
      server = await listen(app, { host: "127.0.0.1", port: 0 });
      browser = await launchChromium();
      context = await browser.newContext({
        viewport: { width: 1440, height: 900 },
        colorScheme: "light",
        reducedMotion: "reduce",
      });
    }, BOOKS_TIMEOUT_MS);
    afterAll(async () => {
      await browser.close();
      await server.close();
      await books.close();
    });

    interface Opened {
      readonly page: Page;
      /** What the console says that it should not, and requests to other hosts. */
      readonly wrong: readonly string[];
    }
    const open = async (path: string): Promise<Opened> => {
      const page = await context.newPage();
      const wrong: string[] = [];
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) wrong.push(message.text());
      });
      page.on("pageerror", (error) => wrong.push(error.message));
      page.on("request", (request) => {
        if (!/^(blob|data):/.test(request.url()) && new URL(request.url()).origin !== server.url)
          wrong.push(request.url());
      });
      await page.goto(`${server.url}${path}`);
      await settled(page);
      return { page, wrong };
    };
    /** Until nothing is computed any more. */
    const settled = async (page: Page): Promise<void> => {
      await page.waitForSelector("h1");
      await expect.poll(() => page.locator(".skeleton").count(), { timeout: 60_000 }).toBe(0);
    };

    it.each(PAGES)("%s is whole in any light and width, and asks no other host", async (path) => {
      const { page, wrong } = await open(path);
      for (const { width, colorScheme } of LOOKS) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        expect(await page.locator(".failed").allTextContents()).toEqual([]);
        expect([width, colorScheme, await violationsOn(page)]).toEqual([width, colorScheme, []]);
        const tooWide = await page.evaluate("Math.max(0, document.documentElement.scrollWidth - innerWidth)");
        expect([width, tooWide]).toEqual([width, 0]);
      }
      expect(wrong).toEqual([]);
      await page.close();
    });

    it("load little before they are seen", async () => {
      const html = await (await fetch(`${server.url}/`)).text();
      const scripts = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(
        ([, path = ""]) => path,
      );
      const sizes = await Promise.all(
        scripts.map(async (path) => {
          const response = await app.request(path, {
            headers: { host: "127.0.0.1", "accept-encoding": "gzip" },
          });
          expect(response.headers.get("cache-control")).toContain("immutable");
          return (await response.arrayBuffer()).byteLength;
        }),
      );
      expect(sizes.length).toBeGreaterThan(0);
      expect(sizes.reduce((all, size) => all + size, 0)).toBeLessThan(FIRST_PAINT_BYTES_MAX);
    });

    it("show the numbers of the API, and sums that agree with the headline", async () => {
      const { page } = await open("/explore?month=2026-11");
      const costs = (await (
        await fetch(`${server.url}/api/v1/costs?from=2026-11-01&to=2026-12-01&groupBy=team`)
      ).json()) as {
        readonly total: { readonly amount: string };
      };
      expect(await page.locator(".sum strong").textContent()).toBe(`USD ${costs.total.amount}`);
      expect(await page.locator("tfoot td").nth(1).textContent()).toBe(costs.total.amount);
      const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=CSV")]);
      const file = readFileSync(await download.path(), "utf8");
      expect(file).toContain('"2026-11-01 to 2026-11-30, both included"');
      expect(file).toContain("Unit,USD\r\n");
      expect(file).toContain(`Sum,${costs.total.amount}\r\n`);
      await page.locator("canvas").waitFor();
      const [picture] = await Promise.all([page.waitForEvent("download"), page.click("text=PNG")]);
      expect(picture.suggestedFilename()).toMatch(/2026-utc-usd\.png$/);
      // The first day's bar leads to that day.
      await page.locator("canvas").click({ position: { x: 200, y: 190 } });
      await page.waitForURL(/from=2026-11-01&to=2026-11-01/);
      await page.close();
    });

    it("lead from any amount of a payer to its reason, which has the same number", async () => {
      const { page } = await open("/explore?month=2026-10&group=category&team=search");
      const amounts = page.locator("tbody a.why");
      const count = await amounts.count();
      expect(count).toBeGreaterThan(2);
      for (let at = 0; at < count; at++) {
        const text = (await amounts.nth(at).textContent()) ?? "";
        await amounts.nth(at).click();
        const panel = page.getByRole("dialog", { name: "Why" });
        await settled(page);
        expect([text, await panel.locator(".why-amount").first().textContent()]).toEqual([
          text,
          `USD ${text}`,
        ]);
        await page.keyboard.press("Escape");
        await panel.waitFor({ state: "detached" });
      }
      // What is finer than a line is a part of it, and says so.
      await page.goto(`${server.url}/explore?month=2026-10&group=namespace&team=search&category=cpu`);
      await settled(page);
      await page.locator("tbody a.why").first().click();
      await page.getByRole("dialog", { name: "Why" }).getByText("a part of this line").waitFor();
      // What everybody pays is told apart by who pays it.
      await page.goto(`${server.url}/explore?month=2026-10&group=category`);
      await settled(page);
      await page.locator("tbody a.why").first().click();
      await page.waitForURL(/category=.*group=team/);
      await page.close();
    });

    it("open a row in its place: parts add up to it, and the address has what is open", async () => {
      const centsIn = (texts: readonly string[]): number =>
        texts.reduce((sum, text) => sum + Math.round(Number(text.replaceAll(",", "")) * 100), 0);
      for (const into of ["category", "workload", "day", "namespace"]) {
        const { page } = await open(`/explore?month=2026-11&into=${into}`);
        const row = page.locator("tbody tr").filter({ hasText: "Search" }).first();
        await row.getByRole("button").focus();
        await page.keyboard.press("Enter");
        await page.waitForURL(/open=search/);
        await page.locator("tr.part a.why").first().waitFor();
        const own = await row.locator("td").first().allTextContents();
        const parts = await page.locator("tr.part td:nth-child(2)").allTextContents();
        expect([into, centsIn(parts)]).toEqual([into, centsIn(own)]);
        await page.reload();
        await page.locator("tr.part a.why").first().waitFor();
        const [file] = await Promise.all([page.waitForEvent("download"), page.click("text=CSV")]);
        expect(readFileSync(await file.path(), "utf8")).toContain("Of it, by");
        await page.close();
      }
    });

    it("show whose a shared service is, and why so much of it is a team's", async () => {
      const { page } = await open("/shared?month=2026-10&team=search");
      const own = await page.locator("tbody a.why").first().textContent();
      await page.locator("tbody a.why").first().click();
      const panel = page.getByRole("dialog", { name: "Why" });
      await panel.getByText("The rule").waitFor();
      expect(await panel.locator(".why-amount").first().textContent()).toBe(`USD ${own ?? ""}`);
      await page.close();
    });

    it("begin a report with its figures; the rest follows, or says what it is that fails", async () => {
      const { page } = await open("/books");
      const follows = page.locator(".follows");
      let letGo = (): void => undefined;
      const whole = /\/teams\/search\/months\/2026-10\/report$/;
      await page.route(whole, async (route) => {
        await new Promise<void>((resolve) => (letGo = resolve));
        await route.continue();
      });
      await page.goto(`${server.url}/teams/search?month=2026-10`);
      await page.getByText("is still computed: it follows by itself").waitFor();
      const heading = await page.locator("h1").textContent();
      letGo();
      await follows.waitFor({ state: "detached" });
      expect(await page.locator("h1").textContent()).toBe(heading);
      await page.unroute(whole);
      await page.route(whole, (route) =>
        route.fulfill({ status: 503, json: { detail: "the engine has no memory left" } }),
      );
      await page.reload();
      await page.getByText("is missing here: the engine has no memory left").waitFor();
      expect(await page.locator("h1").textContent()).toBe(heading);
      await page.close();
    });

    it("take names for text, whatever is in them", async () => {
      const { page } = await open("/teams/checkout");
      expect(await page.locator("h1").textContent()).toBe("Checkout <b>&amp;</b>");
      expect(await page.locator("main b").count()).toBe(0);
      await page.close();
    });

    it("can be used by keys alone", async () => {
      const { page, wrong } = await open("/");
      await page.keyboard.press("Tab");
      expect(await page.locator(":focus").textContent()).toBe("Skip to the page");
      await page.keyboard.press("?");
      await page.getByRole("dialog", { name: "Keys" }).waitFor();
      await page.keyboard.press("Escape");
      await page.keyboard.press("w");
      const words = page.getByRole("dialog", { name: "What words mean" });
      expect(await words.getByRole("term").count()).toBeGreaterThan(10);
      await page.keyboard.press("Escape");
      await page.keyboard.press("/");
      await page.keyboard.type("genom");
      await page.keyboard.press("Enter");
      await page.waitForSelector("h1 >> text=Genomics");
      await settled(page);
      await page.locator("a.why").first().focus();
      await page.keyboard.press("Enter");
      const panel = page.getByRole("dialog", { name: "Why" });
      await panel.getByText("The rule").waitFor();
      expect(await panel.getByText("in the event log").first().textContent()).toContain("apportion.readings");
      await page.keyboard.press("Escape");
      await panel.waitFor({ state: "detached" });
      expect(page.url()).not.toContain("why=");
      await page.keyboard.press("g");
      await page.keyboard.press("b");
      await page.waitForSelector("h1 >> text=Books");
      await page.keyboard.press("/");
      await page.keyboard.type("idle");
      await page.keyboard.press("Enter");
      await page.waitForSelector("h1 >> text=Explore");
      expect(await page.locator(".controls button.chip").first().textContent()).toContain("Idle");
      expect(wrong).toEqual([]);
      await page.close();
    });

    it("say of what is compared that days of it have no costs", async () => {
      const { page } = await open("/explore?month=2026-10&before=2026-11&compare=1");
      await page.getByText("27 days have no costs yet").waitFor();
      await page.goto(`${server.url}/explore?month=2026-11&before=2026-10&compare=1`);
      await page.getByText("against").waitFor();
      expect(await page.getByText("no costs yet").count()).toBe(0);
      await page.close();
    });

    it("keep what they show in their address: back, reload and a filter", async () => {
      const { page } = await open("/explore?month=2026-11&group=category");
      await page.locator("tbody a").first().click();
      await page.locator(".controls button.chip").first().waitFor();
      expect(page.url()).toContain("category=");
      await page.reload();
      await page.locator(".controls button.chip").first().waitFor();
      await page.goBack();
      await page.locator(".controls button.chip").first().waitFor({ state: "detached" });
      await page.close();
    });

    it("say that an address is wrong, and what to do", async () => {
      const { page } = await open("/");
      await page.goto(`${server.url}/teams/nobody-knows`);
      expect(await page.locator(".failed").textContent()).toContain('no team "nobody-knows"');
      for (const path of ["nonsense/page", "teams/%"]) {
        await page.goto(`${server.url}/${path}`);
        expect(await page.locator("h2").textContent()).toBe("There is no such page");
      }
      expect((await fetch(`${server.url}/api/v1/nonsense`)).status).toBe(404);
      const later = await fetch(`${server.url}/api/v1/teams/search/months/2031-01/statement`);
      expect([later.status, await later.text()]).toEqual([
        400,
        expect.stringContaining("Nothing of 2031-01 is allocated yet"),
      ]);
      await page.close();
    });

    it("say when the service is away, and come back by themselves", async () => {
      const { page } = await open("/teams");
      const port = Number(new URL(server.url).port);
      await server.close();
      await page.keyboard.press("g");
      await page.keyboard.press("r");
      await page.getByText("The service does not answer").waitFor();
      server = await listen(app, { host: "127.0.0.1", port });
      await page.locator(".failed").waitFor({ state: "detached" });
      await settled(page);
      expect(await page.locator("h1").textContent()).toBe("What would save");
      await page.close();
    });

    it("sign people in and out at a provider, through links and forms that their own policy lets pass", async () => {
      const first = await listen(app, { host: "127.0.0.1", port: 0 });
      await first.close();
      const provider = await startProvider({
        redirectUri: `${first.url}/auth/callback`,
        groups: { fay: ["finops"] },
      });
      const { signIn } = explorerConfig.parse({
        signIn: {
          issuer: provider.issuer,
          clientId: CLIENT.id,
          clientSecret: new Secret(CLIENT.secret),
          publicUrl: first.url,
          rolesFrom: { claim: "groups", values: { finops: ["finance"] } },
        },
      });
      const guarded = createApp(books.deps, { signIn, tokens: [] });
      const its = await listen(guarded, { host: "127.0.0.1", port: Number(new URL(first.url).port) });
      const page = await (await browser.newContext({ reducedMotion: "reduce" })).newPage();
      const refused: string[] = [];
      page.on("console", (message) => {
        if (/Content Security Policy/i.test(message.text()) && page.url().startsWith(its.url))
          refused.push(message.text());
      });
      await page.goto(`${its.url}/teams/search`);
      await page.fill("[name=login]", "fay");
      await page.fill("[name=password]", "any");
      await page.click("[type=submit]");
      await page.click("[type=submit]");
      await page.waitForURL(`${its.url}/teams/search`);
      await page.waitForSelector("h1 >> text=Search");
      await settled(page);
      // The session ends while a page is open: what is asked next leads to the sign-in, and back to the page.
      await page.context().clearCookies({ name: "apportion-session" });
      await page.keyboard.press("g");
      await page.keyboard.press("b");
      await page.getByRole("link", { name: "Sign in" }).first().click();
      await page.waitForURL(`${its.url}/books`);
      await page.waitForSelector("h1 >> text=Books");
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByText("You are signed out").waitFor();
      expect(refused).toEqual([]);
      await page.context().close();
      await its.close();
      await provider.close();
    });

    it("scroll through thousands of rows, of which few are in the page", async () => {
      const namespaces = Array.from({ length: 5_000 }, (_, at) =>
        cpu("0.001", { cluster: "one", namespace: `job-${at}`, controller: "c", cpu_core_hours: "1" }),
      );
      const reading = costReading("2026-11-05", namespaces, "one");
      await publishAll(books.log, [reading], "2026-11-12T07:50:00Z");
      await books.settle({ now: "2026-11-12T07:55:00Z", registry });
      const { page, wrong } = await open("/explore?from=2026-11-05&to=2026-11-05&group=namespace&step=total");
      const table = page.locator(".scroll-table.long");
      expect(Number(await table.locator("table").getAttribute("aria-rowcount"))).toBeGreaterThan(5_000);
      expect(await table.locator("tbody tr").count()).toBeLessThan(100);
      await page.getByRole("button", { name: "Namespace" }).click();
      await table.focus();
      await page.keyboard.press("End");
      await page.getByText("job-4999", { exact: true }).waitFor();
      expect(await table.locator("tbody tr").count()).toBeLessThan(100);
      await page.setViewportSize({ width: 390, height: 900 });
      await table.evaluate((element) => {
        (element as { scrollTop: number }).scrollTop = 0;
      });
      await page.getByText("job-0", { exact: true }).waitFor();
      expect(wrong).toEqual([]);
      await page.close();
    });
  },
);
