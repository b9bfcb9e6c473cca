import { createServer, type Server, type ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseDay } from "@apportion/domain/period";
import { ReadingError } from "@apportion/readings/source";
import { Secret } from "@apportion/runtime/secret";
import { awsConfig } from "./config.js";
import { createCostExplorer, type CostExplorer } from "./cost-explorer.js";

const DAY = parseDay("2026-11-22");
const ANSWER = JSON.stringify({
  ResultsByTime: [{ TimePeriod: { Start: DAY, End: "2026-11-23" }, Total: {}, Groups: [], Estimated: false }],
});
const TIMEOUT_MS = 300;

let server: Server;
let calls: number;
let handler: (response: ServerResponse, call: number) => void;
beforeEach(async () => {
  calls = 0;
  server = createServer((request, response) => {
    request.resume().on("end", () => handler(response, (calls += 1)));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function costExplorer(options: object = {}): CostExplorer {
  const address = server.address();
  const config = awsConfig.parse({
    accounts: ["111122223333"],
    costExplorerEndpoint: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`,
    credentials: { accessKeyId: new Secret("AKIA"), secretAccessKey: new Secret("key") },
    timeoutMs: TIMEOUT_MS,
    responseBytesMax: 100_000,
    attemptsMax: 3,
    ...options,
  });
  return createCostExplorer(config, "USD");
}
const ask = async (signal = new AbortController().signal): Promise<unknown> => {
  const dayOf = await costExplorer().ask({ groupBy: [], filter: {} }, [DAY], signal);
  return dayOf(DAY).lines;
};
const failure = async (signal?: AbortSignal): Promise<unknown> =>
  ask(signal).catch((error: unknown) => error);
const begin = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });

describe("an answer of AWS", () => {
  it("is asked for again, when that was not scheduled, for half of the pages at most", async () => {
    handler = (response) => begin(response).end(ANSWER);
    const explorer = costExplorer({ pagesMax: 4, cacheMinutes: 0 });
    const spare: boolean[] = [];
    for (let page = 0; page < 2; page++) {
      spare.push(explorer.hasPagesToSpare());
      await explorer.ask({ groupBy: [], filter: {} }, [DAY], new AbortController().signal);
    }
    expect([...spare, explorer.hasPagesToSpare()]).toEqual([true, true, false]);
  });

  it("is asked for again when it stalls after its headers or is cut off, and then it is as if nothing had been", async () => {
    handler = (response, call) => {
      begin(response);
      if (call === 1) response.write(ANSWER.slice(0, 20));
      else response.end(call === 2 ? ANSWER.slice(0, 20) : ANSWER);
    };
    expect(await ask()).toEqual([]);
    expect(calls).toBe(3);
  });

  it("is unavailable when it never comes whole", async () => {
    handler = (response) => void begin(response).write("{");
    const stalled = await failure();
    expect(stalled).toMatchObject({ code: "unavailable" });
    expect((stalled as ReadingError).message).toContain(`no whole answer within ${TIMEOUT_MS} ms`);
    handler = (response) => void begin(response).end("<html>Sign in</html>");
    const unreadable = await failure();
    expect(unreadable).toBeInstanceOf(ReadingError);
    expect(unreadable).toMatchObject({
      code: "unavailable",
      message: "Cost Explorer GetCostAndUsage was not answered whole (SyntaxError)",
    });
    expect(calls).toBe(6);
  });

  it("is refused at once when it is larger than allowed, and not read to its end", async () => {
    let sent = 0;
    handler = (response) => {
      begin(response);
      const more = (): void => {
        while (!response.destroyed && response.write(" ".repeat(10_000))) sent += 10_000;
      };
      response.on("drain", more);
      more();
    };
    expect(await failure()).toMatchObject({
      code: "malformed",
      message:
        "Cost Explorer GetCostAndUsage failed: The answer has more bytes than aws.responseBytesMax allows",
    });
    expect(calls).toBe(1);
    expect(sent).toBeLessThan(50_000_000);
  });

  it("is not waited for when the reading is given up", async () => {
    const giving = new AbortController();
    handler = (response) => {
      begin(response).write("{");
      setTimeout(() => giving.abort(), 20);
    };
    expect(await failure(giving.signal)).toBe(giving.signal.reason);
    expect(calls).toBe(1);
  });
});
