// SPDX-License-Identifier: Apache-2.0
// Encodings, as strict as src/base/encoding.h: one text per value.

/** Bytes in memory of their own; WebCrypto takes no shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>;

const kHex = "0123456789abcdef";
const kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const kBase64Values = new Map(Array.from(kBase64, (c, i) => [c, i]));

const encoder = new TextEncoder();
// A byte order mark is a character like another.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** Undefined where `bytes` are not well-formed UTF-8. */
export function fromUtf8(bytes: Bytes): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Orders texts by their bytes in UTF-8, which is by code points (JavaScript's `<` is not). */
export function compareUtf8(a: string, b: string): number {
  const left = utf8(a);
  const right = utf8(b);
  const common = Math.min(left.length, right.length);
  for (let i = 0; i < common; ++i) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

export function toHex(bytes: Uint8Array): string {
  let out = "";
  for (const byte of bytes) out += kHex.charAt(byte >> 4) + kHex.charAt(byte & 15);
  return out;
}

/** Lower and upper case; undefined for anything else. */
export function fromHex(text: string): Bytes | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; ++i) out[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}

/** RFC 4648 with padding. */
export function toBase64(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let j = 0; j < 4; ++j) {
      out += j <= left ? kBase64.charAt((word >> (18 - 6 * j)) & 63) : "=";
    }
  }
  return out;
}

/** Padding required, no white space, no surplus bits; undefined for anything else. */
export function fromBase64(text: string): Bytes | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const out = new Uint8Array((text.length / 4) * 3 - padding);
  let word = 0;
  let bits = 0;
  let at = 0;
  for (let i = 0; i < text.length - padding; ++i) {
    const value = kBase64Values.get(text.charAt(i));
    if (value === undefined) return undefined;
    word = ((word << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out[at++] = (word >> bits) & 255;
  }
  // Bits beyond the last byte must be zero, else two texts would stand for one value.
  return (word & ((1 << bits) - 1)) === 0 ? out : undefined;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; ++i) if (a[i] !== b[i]) return false;
  return true;
}

export function concatBytes(...parts: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
