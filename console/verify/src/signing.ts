// SPDX-License-Identifier: Apache-2.0
// Ed25519 by the platform (WebCrypto): OpenSSL under Node and the browsers' own libraries accept
// the same signatures as the gates do (docs/dependencies.md).
import { type Bytes, toHex } from "./bytes.ts";
import { type DigestHex, sha256Hex } from "./digest.ts";
import { refuse } from "./refusal.ts";

const kKeyBytes = 32;
const kSignatureBytes = 64;

// The y coordinates of the eight points of small order (RFC 8032's curve), canonical encodings.
const kSmallOrder: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
]);

/** The sign bit apart. */
function yOf(bytes: Bytes): Bytes {
  const y = bytes.slice();
  y[31] = (y[31] ?? 0) & 0x7f;
  return y;
}

/** y < 2^255 - 19. */
function isCanonical(y: Bytes): boolean {
  if (y[31] !== 0x7f || !y.subarray(1, 31).every((byte) => byte === 0xff)) return true;
  return (y[0] ?? 0) < 0xed;
}

/** An Ed25519 public key; a point of large order, in its one encoding. */
export class PublicKey {
  readonly bytes: Bytes;
  /** SHA-256 of its bytes, as signatures in documents name it. */
  readonly id: DigestHex;
  private imported: Promise<CryptoKey | undefined> | undefined;

  private constructor(bytes: Bytes) {
    this.bytes = bytes;
    this.id = sha256Hex(bytes);
  }

  static from(bytes: Bytes): PublicKey {
    if (bytes.length !== kKeyBytes) refuse("an Ed25519 public key has 32 bytes");
    const y = yOf(bytes);
    if (!isCanonical(y)) refuse("a non-canonical Ed25519 key");
    if (kSmallOrder.has(toHex(y))) refuse("an Ed25519 key of small order");
    return new PublicKey(bytes.slice());
  }

  /** Whether `signature` is this key's over `message`. */
  async verifies(message: Bytes, signature: Bytes): Promise<boolean> {
    if (signature.length !== kSignatureBytes) return false;
    this.imported ??= this.import();
    const key = await this.imported;
    return key !== undefined && (await crypto.subtle.verify("Ed25519", key, signature, message));
  }

  // Undefined where the bytes are no point of the curve: then nothing is signed by it. A platform
  // without Ed25519 is another matter: that must not look like a bad signature, so it is thrown.
  private async import(): Promise<CryptoKey | undefined> {
    try {
      return await crypto.subtle.importKey("raw", this.bytes, "Ed25519", false, ["verify"]);
    } catch (error) {
      if (error instanceof DOMException && error.name === "DataError") return undefined;
      throw error;
    }
  }
}
