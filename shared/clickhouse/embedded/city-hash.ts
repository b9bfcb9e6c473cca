/**
 * CityHash128 as it was in release 1.0.2, of which ClickHouse made the checksum of its compressed blocks; later releases give other
 * values. All numbers are of 64 bits and wrap around.
 */

const K0 = 0xc3a5c85c97cb3127n;
const K1 = 0xb492b66fbe98f273n;
const K2 = 0x9ae16a3b2f90404fn;
const K3 = 0xc949d7c7509e6557n;
const MIX = 0x9ddfea08eb382d69n;

type Pair = readonly [low: bigint, high: bigint];

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
const times = (left: bigint, right: bigint): bigint => BigInt.asUintN(64, left * right);
const shiftMix = (value: bigint): bigint => value ^ (value >> 47n);
const rotate = (value: bigint, by: bigint): bigint =>
  by === 0n ? value : wrap((value >> by) | (value << (64n - by)));

/** @returns 16 bytes as they stand before a block: the low half first, each half with its low byte first */
export function cityHash128(bytes: Buffer): Buffer {
  const [low, high] = hash(bytes);
  const checksum = Buffer.allocUnsafe(16);
  checksum.writeBigUInt64LE(low, 0);
  checksum.writeBigUInt64LE(high, 8);
  return checksum;
}

function hash(bytes: Buffer): Pair {
  const { length } = bytes;
  if (length >= 16) {
    const seed: Pair = [bytes.readBigUInt64LE(0) ^ K3, bytes.readBigUInt64LE(8)];
    const rest = bytes.subarray(16);
    return rest.length >= 128 ? long(rest, seed) : short(rest, seed);
  }
  if (length < 8) return short(bytes, [K0, K1]);
  const first = bytes.readBigUInt64LE(0) ^ times(BigInt(length), K0);
  return short(bytes.subarray(length), [first, bytes.readBigUInt64LE(length - 8) ^ K1]);
}

/** Below 128 bytes. */
function short(bytes: Buffer, [low, high]: Pair): Pair {
  const { length } = bytes;
  let [a, b, c, d] = [low, high, 0n, 0n];
  if (length <= 16) {
    a = times(shiftMix(times(a, K1)), K1);
    c = wrap(times(b, K1) + upTo16(bytes));
    d = shiftMix(wrap(a + (length >= 8 ? bytes.readBigUInt64LE(0) : c)));
  } else {
    c = mixed(wrap(bytes.readBigUInt64LE(length - 8) + K1), a);
    d = mixed(wrap(b + BigInt(length)), wrap(c + bytes.readBigUInt64LE(length - 16)));
    a = wrap(a + d);
    for (let at = 0; at < length - 16; at += 16) {
      a = times(a ^ times(shiftMix(times(bytes.readBigUInt64LE(at), K1)), K1), K1);
      b ^= a;
      c = times(c ^ times(shiftMix(times(bytes.readBigUInt64LE(at + 8), K1)), K1), K1);
      d ^= c;
    }
  }
  a = mixed(a, c);
  b = mixed(d, b);
  return [a ^ b, mixed(b, a)];
}

function long(bytes: Buffer, [low, high]: Pair): Pair {
  const { length } = bytes;
  const word = (at: number): bigint => bytes.readBigUInt64LE(at);
  let [x, y, z] = [low, high, times(BigInt(length), K1)];
  const v0 = wrap(times(rotate(y ^ K1, 49n), K1) + word(0));
  let v: Pair = [v0, wrap(times(rotate(v0, 42n), K1) + word(8))];
  let w: Pair = [wrap(times(rotate(wrap(y + z), 35n), K1) + x), times(rotate(wrap(x + word(88)), 53n), K1)];
  const whole = length - (length % 128);
  for (let at = 0; at < whole; at += 64) {
    x = times(rotate(wrap(x + y + v[0] + word(at + 16)), 37n), K1) ^ w[1];
    y = times(rotate(wrap(y + v[1] + word(at + 48)), 42n), K1) ^ v[0];
    z = rotate(z ^ w[0], 33n);
    v = weak(bytes, at, times(v[1], K1), wrap(x + w[0]));
    w = weak(bytes, at + 32, wrap(z + w[1]), y);
    [z, x] = [x, z];
  }
  y = wrap(y + times(rotate(w[0], 37n), K0) + z);
  x = wrap(x + times(rotate(wrap(v[0] + z), 49n), K0));
  // What is left, in pieces of 32 bytes from the end; the last of them reaches back into what was read already.
  for (let done = 32; done < length - whole + 32; done += 32) {
    y = wrap(times(rotate(wrap(y - x), 42n), K0) + v[1]);
    w = [wrap(w[0] + word(length - done + 16)), w[1]];
    x = wrap(times(rotate(x, 49n), K0) + w[0]);
    w = [wrap(w[0] + v[0]), w[1]];
    v = weak(bytes, length - done, v[0], v[1]);
  }
  x = mixed(x, v[0]);
  y = mixed(y, w[0]);
  return [wrap(mixed(wrap(x + v[1]), w[1]) + y), mixed(wrap(x + w[1]), wrap(y + v[1]))];
}

function upTo16(bytes: Buffer): bigint {
  const { length } = bytes;
  const size = BigInt(length);
  if (length > 8) {
    const last = bytes.readBigUInt64LE(length - 8);
    return mixed(bytes.readBigUInt64LE(0), rotate(wrap(last + size), size)) ^ last;
  }
  if (length >= 4)
    return mixed(size + (BigInt(bytes.readUInt32LE(0)) << 3n), BigInt(bytes.readUInt32LE(length - 4)));
  if (length === 0) return K2;
  const y = BigInt(bytes.readUInt8(0) + (bytes.readUInt8(length >> 1) << 8));
  const z = BigInt(length + (bytes.readUInt8(length - 1) << 2));
  return times(shiftMix(times(y, K2) ^ times(z, K3)), K2);
}

function mixed(low: bigint, high: bigint): bigint {
  const a = shiftMix(times(low ^ high, MIX));
  return times(shiftMix(times(high ^ a, MIX)), MIX);
}

function weak(bytes: Buffer, at: number, first: bigint, second: bigint): Pair {
  const last = bytes.readBigUInt64LE(at + 24);
  const a = first + bytes.readBigUInt64LE(at);
  const sum = a + bytes.readBigUInt64LE(at + 8) + bytes.readBigUInt64LE(at + 16);
  const b = rotate(wrap(second + a + last), 21n) + rotate(wrap(sum), 44n);
  return [wrap(sum + last), wrap(b + a)];
}
