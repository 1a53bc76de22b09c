// SPDX-License-Identifier: Apache-2.0
// Writes logs, also such as no honest program would: whoever holds a log's key can sign anything,
// and a verifier must still tell what is wrong with it.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
} from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { type Bytes, fromHex, toBase64, toHex, utf8 } from "../../src/bytes.ts";
import { bundlePath, tilePath } from "../../src/tiles.ts";
import { leaf, sha, slowRoot } from "./slow_tree.ts";

const kWidth = 256;

export class LogKey {
  readonly name: string;
  private readonly key: KeyObject;

  constructor(name: string, key: KeyObject) {
    this.name = name;
    this.key = key;
  }
  static make(name: string): LogKey {
    return new LogKey(name, generateKeyPairSync("ed25519").privateKey);
  }
  static read(name: string, pemFile: string): LogKey {
    return new LogKey(name, createPrivateKey(readFileSync(pemFile)));
  }

  private tagged(): Bytes {
    const spki = createPublicKey(this.key).export({ type: "spki", format: "der" });
    return new Uint8Array([1, ...spki.subarray(-32)]);
  }
  private id(): Bytes {
    return sha(utf8(`${this.name}\n`), this.tagged()).slice(0, 4);
  }
  vkey(): string {
    return `${this.name}+${toHex(this.id())}+${toBase64(this.tagged())}`;
  }
  /** "— NAME BASE64" with a signature over `text`. */
  line(text: string | Uint8Array): string {
    const message = typeof text === "string" ? utf8(text) : text;
    const signature = signBytes(null, message, this.key);
    return `\u2014 ${this.name} ${toBase64(new Uint8Array([...this.id(), ...signature]))}\n`;
  }
  note(text: string): string {
    return `${text}\n${this.line(text)}`;
  }
}

/** The files of a log over `entries`, by path. */
export function logFiles(entries: readonly Uint8Array[], key: LogKey): Map<string, Bytes> {
  const files = new Map<string, Bytes>();
  const bundle = (part: readonly Uint8Array[]): Bytes =>
    new Uint8Array(part.flatMap((e) => [e.length >> 8, e.length & 255, ...e]));
  for (let n = 0; n * kWidth < entries.length; ++n) {
    const part = entries.slice(n * kWidth, (n + 1) * kWidth);
    files.set(bundlePath(n, part.length), bundle(part));
  }
  const leaves = entries.map(leaf);
  for (let level = 0, row: readonly Bytes[] = leaves; row.length > 0; ++level) {
    const above: Bytes[] = [];
    for (let n = 0; n * kWidth < row.length; ++n) {
      const part = row.slice(n * kWidth, (n + 1) * kWidth);
      files.set(tilePath(level, n, part.length), new Uint8Array(part.flatMap((h) => [...h])));
      if (part.length === kWidth) above.push(slowRoot(part));
    }
    row = above;
  }
  const root = toBase64(slowRoot(leaves));
  files.set("checkpoint", utf8(key.note(`${key.name}\n${entries.length}\n${root}\n`)));
  return files;
}

/** Replaces what is in `folder`. */
export function writeFiles(folder: string, files: ReadonlyMap<string, Uint8Array>): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
}

export function hexBytes(hex: string): Bytes {
  const bytes = fromHex(hex);
  if (bytes === undefined) throw new Error(`not hexadecimal: ${hex}`);
  return bytes;
}
