import { expect, it } from "vitest";
import { keepUnderWay } from "./under-way.js";

/** What takes longer than anybody waits: found again by who began it, and done by nobody else meanwhile. */

function held() {
  let end: (how: "well" | Error) => void = () => undefined;
  let tell: (done: number, total: number) => void = () => undefined;
  let begun = 0;
  const begin = (onProgress: typeof tell): Promise<string> => {
    begun += 1;
    tell = onProgress;
    return new Promise((resolve, reject) => {
      end = (how) => (how === "well" ? resolve(how) : reject(how));
    });
  };
  return {
    begin,
    end: (how: "well" | Error) => end(how),
    tell: (of: number) => tell(of, 30),
    begun: () => begun,
  };
}

it("tells who began it how far it is, and how it ended, and does it once", async () => {
  const underWay = keepUnderWay<string>();
  const { begin, end, tell, begun } = held();
  expect(await underWay.join("a", "fay", begin, 1)).toEqual({ going: { by: "fay", done: 0, total: 0 } });
  tell(12);
  expect(underWay.of("a")).toEqual({ by: "fay", done: 12, total: 30 });
  await expect(underWay.join("a", "op", begin, 1)).rejects.toThrow("fay approves it at this moment");
  const again = underWay.join("a", "fay", begin, 10_000);
  end("well");
  expect(await again).toEqual({ outcome: "well" });
  expect([begun(), underWay.of("a")]).toEqual([1, undefined]);
});

it("tells who asks again that it failed while nobody waited, and begins anew afterwards", async () => {
  const underWay = keepUnderWay<string>();
  const { begin, end, begun } = held();
  await underWay.join("a", "fay", begin, 1);
  end(new Error("a gate does not pass"));
  await expect(underWay.join("a", "fay", begin, 10_000)).rejects.toThrow("a gate does not pass");
  await underWay.join("a", "op", begin, 1);
  expect(begun()).toBe(2);
});
