import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";

/**
 * lmdb maps its file into memory and trusts it: a page that is cut off or overwritten ends the process with a signal instead of
 * an error. So all pages that are in use are looked at before, by their headers and the pages that they lead to; what a
 * message says is not read. The layout is that of lmdb's data format 2 on 64-bit, little-endian machines (liblmdb/mdb.c).
 */
const MAGIC = 0xbeefc0de;
const FORMAT = 2;
const HEADER_BYTES = 24;
const PAGE_BYTES_MIN = 512;
const PAGE_BYTES_MAX = 65_536;
/** A tree of pages cannot be deeper in lmdb. */
const DEPTH_MAX = 32;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

const BRANCH = 0x01;
const LEAF = 0x02;
const OVERFLOW = 0x04;
const META = 0x08;
const DATA_ELSEWHERE = 0x01;
const SUB_DATABASE = 0x02;
/** Where a database's description has its root, and how long it is. */
const ROOT_OFFSET = 40;
const DESCRIPTION_BYTES = 48;

interface Meta {
  readonly pageBytes: number;
  readonly transaction: bigint;
  /** Of the machine's start in which it was written. */
  readonly boot: bigint;
  readonly roots: readonly bigint[];
}

/** Says what is wrong with a file that lmdb is about to open; undefined when nothing is, or when there is none yet. */
export function whatIsWrongWith(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const file = openSync(path, "r");
  try {
    checkFile(file);
    return undefined;
  } catch (error) {
    if (error instanceof Wrong || error instanceof RangeError) return error.message;
    throw error;
  } finally {
    closeSync(file);
  }
}

class Wrong extends Error {}

function checkFile(file: number): void {
  const { size } = fstatSync(file);
  if (size === 0) throw new Wrong("it is empty");
  const first = metaAt(file, 0, size);
  const metas = [first, metaAt(file, first.pageBytes, size)];
  const [latest = first, before = first] = metas.toSorted((a, b) => (a.transaction > b.transaction ? -1 : 1));
  try {
    checkState(file, size, latest);
  } catch (error) {
    // What was written just before the machine lost its power may be missing; lmdb then opens the state before.
    if (latest.boot === presentBoot()) throw error;
    checkState(file, size, before);
  }
}

function checkState(file: number, size: number, { pageBytes, roots }: Meta): void {
  const pages = new Pages(file, pageBytes, size);
  for (const root of roots) pages.checkTree(root, 0);
}

/** As lmdb notes it: the first part of the id; undefined where the system has none. */
function presentBoot(): bigint | undefined {
  try {
    const id = readFileSync("/proc/sys/kernel/random/boot_id", "utf8");
    return BigInt(`0x${id.slice(0, id.indexOf("-"))}`);
  } catch {
    return undefined;
  }
}

function metaAt(file: number, position: number, size: number): Meta {
  const bytes = Buffer.alloc(HEADER_BYTES + 144);
  if (readSync(file, bytes, 0, bytes.length, position) < bytes.length)
    throw new Wrong(`it ends after ${size} bytes, within its first pages`);
  const meta = bytes.subarray(HEADER_BYTES);
  const isMeta = (bytes.readUInt16LE(18) & META) !== 0 && meta.readUInt32LE(0) === MAGIC;
  if (!isMeta) throw new Wrong(`at byte ${position} it is no log: its first pages are something else`);
  if ((meta.readUInt32LE(4) & 0xffff) !== FORMAT) throw new Wrong("it has another format");
  const pageBytes = meta.readUInt32LE(24);
  if (pageBytes < PAGE_BYTES_MIN || pageBytes > PAGE_BYTES_MAX || (pageBytes & (pageBytes - 1)) !== 0)
    throw new Wrong(`at byte ${position} its pages have an impossible size`);
  const roots = [24, 24 + DESCRIPTION_BYTES].map((database) => meta.readBigUInt64LE(database + ROOT_OFFSET));
  return { pageBytes, transaction: meta.readBigUInt64LE(128), boot: meta.readBigInt64LE(136), roots };
}

class Pages {
  readonly #file: number;
  readonly #pageBytes: number;
  readonly #size: number;
  readonly #seen = new Set<bigint>();

  constructor(file: number, pageBytes: number, size: number) {
    this.#file = file;
    this.#pageBytes = pageBytes;
    this.#size = size;
  }

  checkTree(number: bigint, depth: number): void {
    if (number === NO_PAGE) return;
    if (depth > DEPTH_MAX) throw this.#damagedAt(number);
    const page = this.#read(number, this.#pageBytes);
    const flags = page.readUInt16LE(18);
    if ((flags & (BRANCH | LEAF)) === 0) throw this.#damagedAt(number);
    const count = page.readUInt16LE(20) >> 1;
    for (let index = 0; index < count; index++) {
      const at = page.readUInt16LE(HEADER_BYTES + 2 * index) + HEADER_BYTES;
      const node = page.subarray(at);
      if (node.length < 8) throw this.#damagedAt(number);
      if ((flags & BRANCH) !== 0) this.checkTree(childOf(node), depth + 1);
      else this.#checkLeaf(number, node, depth);
    }
  }

  #checkLeaf(number: bigint, node: Buffer, depth: number): void {
    const flags = node.readUInt16LE(4);
    const data = node.subarray(8 + node.readUInt16LE(6));
    const bytes = node.readUInt32LE(0);
    if ((flags & DATA_ELSEWHERE) !== 0) {
      if (data.length < 24) throw this.#damagedAt(number);
      this.#checkOverflow(data.readBigUInt64LE(0), bytes);
    } else if (data.length < bytes) throw this.#damagedAt(number);
    else if ((flags & SUB_DATABASE) !== 0) {
      if (bytes < DESCRIPTION_BYTES) throw this.#damagedAt(number);
      this.checkTree(data.readBigUInt64LE(ROOT_OFFSET), depth + 1);
    }
  }

  /** Data of several pages after each other; only the first has a header. */
  #checkOverflow(number: bigint, bytes: number): void {
    const page = this.#read(number, HEADER_BYTES);
    const count = page.readUInt32LE(20);
    const isEnough = count * this.#pageBytes >= bytes + HEADER_BYTES;
    if ((page.readUInt16LE(18) & OVERFLOW) === 0 || !isEnough) throw this.#damagedAt(number);
    const end = (number + BigInt(count)) * BigInt(this.#pageBytes);
    if (end > BigInt(this.#size)) throw this.#cutAt(end);
  }

  #read(number: bigint, length: number): Buffer {
    const position = number * BigInt(this.#pageBytes);
    const end = position + BigInt(this.#pageBytes);
    if (end > BigInt(this.#size)) throw this.#cutAt(end);
    if (this.#seen.has(number)) throw this.#damagedAt(number);
    this.#seen.add(number);
    const page = Buffer.alloc(length);
    readSync(this.#file, page, 0, length, position);
    if (page.readBigUInt64LE(0) !== number) throw this.#damagedAt(number);
    return page;
  }

  #damagedAt(number: bigint): Wrong {
    return new Wrong(`the page at byte ${number * BigInt(this.#pageBytes)} is damaged`);
  }

  #cutAt(end: bigint): Wrong {
    return new Wrong(`it has ${this.#size} bytes, but is in use up to byte ${end} or further: it was cut`);
  }
}

function childOf(node: Buffer): bigint {
  return BigInt(node.readUInt32LE(0)) | (BigInt(node.readUInt16LE(4)) << 32n);
}
