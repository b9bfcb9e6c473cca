import { describe, expect, it } from "vitest";
import { cityHash128 } from "./city-hash.js";
import { block } from "./native-blocks.js";

describe("ClickHouse's compressed blocks", () => {
  // Made with go-faster/city, which ClickHouse's client for Go uses; byte i is (7 i + length) modulo 256.
  it.each([
    [0, "2b9ac064fc9df03d291ee592c340b53c"],
    [1, "6c3f2b804fab035a1ae9318a3c8aa858"],
    [3, "8669a11d6bfa08312d6150c2f01b3032"],
    [4, "34a39aa99b22362b758d40f652c0e125"],
    [7, "e32446bce155694dd09b4c5f018c2e25"],
    [8, "985ae3e86c34eb9fbad8455518f1f9f2"],
    [12, "32f7718f0cfefd4fd6702866c5c8a2de"],
    [15, "ffc7a10a47b64314594c685a8398f970"],
    [16, "3d930c8990287e4ec7770444d611659b"],
    [17, "4ef4c7b104ede9f0ae31544dd0c6178a"],
    [24, "bbcf5e236b08343a8f05e6ac8050b60c"],
    [30, "593324ce7522a27247d69148d382ed7c"],
    [32, "c9a6465f93dff0adfcb2f7829d06c645"],
    [33, "11ffe63b615e068a46a80c8146255435"],
    [49, "1d621e4ceee9475fd981a81da9d507c1"],
    [100, "cfc6d68ac781d6ce9c0a577e78ef2285"],
    [143, "26d3b014d4b40623956851eb41bd80e9"],
    [144, "227fbc9d0276a19b08a16461a4ae9ca9"],
    [145, "1adfb6aebd2142592527e0ec8ba6b49e"],
    [176, "613648e6c85d706e518ea297861984e6"],
    [200, "5b0d7aa5bbd307af54449d514fef8109"],
    [272, "0933d0de8406b248c29112ef6d3f1610"],
    [300, "1c08189ada619b3c7b5c95315c97d9f9"],
    [65801, "0b4d872ee2ea7fb0a494d62d5399df8a"],
  ])("have the checksum of ClickHouse over %i bytes", (length, expected) => {
    const bytes = Buffer.from(Array.from({ length }, (_, index) => (index * 7 + length) % 256));
    expect(cityHash128(bytes).toString("hex")).toBe(expected);
  });

  it.each([1, 14, 15, 16, 269, 270, 271, 65_536])("hold %i bytes as LZ4 reads them", (length) => {
    const bytes = Buffer.alloc(length, "x");
    const made = block(bytes);
    expect(made.subarray(0, 16)).toEqual(cityHash128(made.subarray(16)));
    expect(made.readUInt8(16)).toBe(0x82);
    expect(made.readUInt32LE(17)).toBe(made.byteLength - 16);
    expect(made.readUInt32LE(21)).toBe(length);
    let at = 25;
    let literals = made.readUInt8(at++) >> 4;
    if (literals === 15) {
      let more: number;
      do literals += more = made.readUInt8(at++);
      while (more === 255);
    }
    expect(literals).toBe(length);
    expect(made.subarray(at)).toEqual(bytes);
  });
});
