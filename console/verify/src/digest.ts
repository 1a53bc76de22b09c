// SPDX-License-Identifier: Apache-2.0
// SHA-256. Synchronous: a call of WebCrypto's digest() costs several times the hash of a tree node
// (docs/dependencies.md has the figures).
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";

import { type Bytes, fromBase64, toHex, utf8 } from "./bytes.ts";

export const kDigestBytes = 32;

/** A digest in documents: 64 lower-case hexadecimal digits. */
export type DigestHex = string;

export function sha256(bytes: Uint8Array): Bytes {
  return nobleSha256(bytes);
}

export function sha256Hex(data: Uint8Array | string): DigestHex {
  return toHex(sha256(typeof data === "string" ? utf8(data) : data));
}

export function isDigestHex(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** 32 bytes in base64, as hashes stand in notes and proofs. */
export function hashFromBase64(text: string): Bytes | undefined {
  const bytes = fromBase64(text);
  return bytes?.length === kDigestBytes ? bytes : undefined;
}
