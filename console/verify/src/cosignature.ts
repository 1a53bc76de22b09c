// SPDX-License-Identifier: Apache-2.0
// c2sp.org/tlog-cosignature@v1.0.1 with Ed25519 ("cosignature/v1", key type 0x04): a witness says
// that, at a time, this checkpoint was the largest consistent one of its log that it knew.
// Robust to untrusted input.
import { type Bytes, concatBytes, toBase64, toHex, utf8 } from "./bytes.ts";
import { sha256 } from "./digest.ts";
import { badKey, type SignatureLine, splitVerifierKey, type UnverifiedNote } from "./note.ts";
import { refuse } from "./refusal.ts";
import { PublicKey } from "./signing.ts";
import { laterOf } from "./time.ts";

// In every key and line. Never change.
const kTypeCosignature = 4;
const kTimeBytes = 8;
const kSignatureBytes = 64;
const kTimeMax = (1n << 63n) - 1n;

/** A witness's public key with the name that stands in its lines. */
export class CosignerKey {
  readonly name: string;
  readonly key: PublicKey;
  /** SHA-256(name || "\n" || 0x04 || key), first four bytes, in hexadecimal. */
  readonly keyId: string;

  constructor(name: string, key: PublicKey) {
    this.name = name;
    this.key = key;
    this.keyId = toHex(sha256(concatBytes(utf8(`${name}\n`), this.tagged())).subarray(0, 4));
  }

  private tagged(): Bytes {
    return concatBytes(Uint8Array.of(kTypeCosignature), this.key.bytes);
  }

  /** "name+hex8+base64(0x04 || key)". */
  format(): string {
    return `${this.name}+${this.keyId}+${toBase64(this.tagged())}`;
  }

  /** Refuses another type of key (that of a log, for one) and an id that is not the key's. */
  static parse(vkey: string): CosignerKey {
    const { name, id, type, key } = splitVerifierKey(vkey);
    if (type !== kTypeCosignature) badKey("not a key for Ed25519 cosignatures (type 4)");
    const cosigner = new CosignerKey(name, PublicKey.from(key));
    if (id !== cosigner.keyId) badKey("the id is not that of name and key");
    return cosigner;
  }

  isOf(line: SignatureLine): boolean {
    return line.name === this.name && line.keyId === this.keyId;
  }

  /** The time of the line, which is said to be this key's; undefined where it is not its
   * cosignature of the note `text`. */
  async timeOf(line: SignatureLine, text: string): Promise<bigint | undefined> {
    if (line.signature.length !== kTimeBytes + kSignatureBytes) return undefined;
    const time = readU64(line.signature);
    if (time > kTimeMax) return undefined;
    const message = utf8(`cosignature/v1\ntime ${time.toString()}\n${text}`);
    return (await this.key.verifies(message, line.signature.slice(kTimeBytes))) ? time : undefined;
  }
}

function readU64(bytes: Bytes): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, kTimeBytes).getBigUint64(0);
}

export interface Cosignature {
  /** Index into what was known. */
  readonly cosigner: number;
  /** Unix seconds, told by the witness. */
  readonly time: bigint;
}

/**
 * The good cosignatures of known witnesses, one for each (the newest), by rising index. Lines of
 * others are ignored; a bad one under a known name and id is refused.
 */
export async function verifyCosignatures(
  { text, lines }: UnverifiedNote,
  known: readonly CosignerKey[],
): Promise<readonly Cosignature[]> {
  const times = new Map<number, bigint>();
  for (const line of lines) {
    for (const [index, key] of known.entries()) {
      if (!key.isOf(line)) continue;
      const time = await key.timeOf(line, text);
      if (time === undefined) return refuse("cosignature: that of a known witness is wrong");
      times.set(index, laterOf(time, times.get(index) ?? 0n));
    }
  }
  return [...times]
    .map(([cosigner, time]) => ({ cosigner, time }))
    .sort((a, b) => a.cosigner - b.cosigner);
}
