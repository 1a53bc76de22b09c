// SPDX-License-Identifier: Apache-2.0
// c2sp.org/signed-note@v1.0.0 with Ed25519 keys (type 0x01). Robust to untrusted input.
import { type Bytes, concatBytes, fromBase64, fromUtf8, toBase64, toHex, utf8 } from "./bytes.ts";
import { sha256 } from "./digest.ts";
import { refuse } from "./refusal.ts";
import { PublicKey } from "./signing.ts";

/** Limits on a note, far above what logs with witnesses write. */
export const kNoteBytesMax = 65_536;
const kNoteSignaturesMax = 64;
const kSignatureTextMax = 8192; // base64; ML-DSA-44 needs 3,232
const kVerifierKeyBytesMax = 4096;
const kTypeEd25519 = 1;
const kSignaturePrefix = "\u2014 ";
// White_Space of Unicode, control characters of ASCII, and '+', which parts a verifier key.
const kNotInNames = new RegExp(
  "[\\u0000-\\u0020+\\u007F\\u0085\\u00A0\\u1680" +
    "\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000]",
);
const kControl = new RegExp("[\\u0000-\\u0009\\u000B-\\u001F]");

/** Non-empty, without white space, control characters and '+'. */
export function isNoteName(name: string): boolean {
  return name !== "" && !kNotInNames.test(name);
}

/** A public key with the name that stands in its signature lines. */
export class NoteVerifier {
  readonly name: string;
  readonly key: PublicKey;
  /** SHA-256(name || "\n" || 0x01 || key), first four bytes, in hexadecimal. */
  readonly keyId: string;

  constructor(name: string, key: PublicKey) {
    this.name = name;
    this.key = key;
    this.keyId = toHex(sha256(concatBytes(utf8(`${name}\n`), this.tagged())).subarray(0, 4));
  }

  private tagged(): Bytes {
    return concatBytes(Uint8Array.of(kTypeEd25519), this.key.bytes);
  }

  /** "name+hex8+base64(0x01 || key)". */
  format(): string {
    return `${this.name}+${this.keyId}+${toBase64(this.tagged())}`;
  }

  /** Refuses another type of key and an id that is not the key's. */
  static parse(vkey: string): NoteVerifier {
    const { name, id, type, key } = splitVerifierKey(vkey);
    if (type !== kTypeEd25519) badKey("not an Ed25519 key (type 1)");
    const verifier = new NoteVerifier(name, PublicKey.from(key));
    if (id !== verifier.keyId) badKey("the id is not that of name and key");
    return verifier;
  }
}

export function badKey(what: string): never {
  refuse(`verifier key: ${what}`);
}

/** "name+id+base64(type || key)" taken apart; the id is not compared with the key yet. */
export function splitVerifierKey(vkey: string): {
  readonly name: string;
  readonly id: string;
  readonly type: number | undefined;
  readonly key: Bytes;
} {
  if (utf8(vkey).length > kVerifierKeyBytesMax) badKey("too long");
  const first = vkey.indexOf("+");
  const second = vkey.indexOf("+", first + 1);
  if (first < 0 || second < 0) badKey("not of the form name+id+key");
  const name = vkey.slice(0, first);
  if (!isNoteName(name)) badKey("the name is empty or has white space");
  const tagged = fromBase64(vkey.slice(second + 1));
  if (tagged === undefined || tagged.length === 0) return badKey("the key is not base64");
  return { name, id: vkey.slice(first + 1, second), type: tagged[0], key: tagged.slice(1) };
}

/** A signature line as it stands in a note; not verified. */
export interface SignatureLine {
  readonly name: string;
  readonly keyId: string;
  /** What follows the four bytes of the id. */
  readonly signature: Bytes;
}

function badNote(what: string): never {
  refuse(`signed note: ${what}`);
}

/** "— NAME BASE64", without its line feed. */
function parseSignatureLine(line: string): SignatureLine {
  if (!line.startsWith(kSignaturePrefix)) {
    badNote("a signature line does not begin with a dash and a space");
  }
  const rest = line.slice(kSignaturePrefix.length);
  const space = rest.indexOf(" ");
  if (space < 0) badNote("a signature line has no signature");
  const name = rest.slice(0, space);
  if (!isNoteName(name)) badNote("a signature line has no proper name");
  const encoded = rest.slice(space + 1);
  if (encoded.length > kSignatureTextMax) badNote("a signature is too long");
  const blob = fromBase64(encoded) ?? badNote("a signature is not base64");
  if (blob.length < 5) badNote("a signature is too short");
  return { name, keyId: toHex(blob.subarray(0, 4)), signature: blob.slice(4) };
}

function parseSignatureLines(text: string): readonly SignatureLine[] {
  if (text === "") badNote("no signature");
  if (!text.endsWith("\n")) badNote("the last line is cut");
  const lines = text.slice(0, -1).split("\n");
  if (lines.length > kNoteSignaturesMax) badNote("too many signatures");
  return lines.map(parseSignatureLine);
}

/** A note taken apart; nothing in it is verified. */
export interface UnverifiedNote {
  readonly text: string;
  readonly lines: readonly SignatureLine[];
}

/** Refuses what is no note, or has no signature. */
export function parseNote(note: Bytes): UnverifiedNote {
  if (note.length > kNoteBytesMax) badNote("too long");
  const whole = fromUtf8(note) ?? badNote("not UTF-8");
  if (kControl.test(whole)) badNote("has a control character");
  const blank = whole.lastIndexOf("\n\n");
  if (blank < 0) badNote("no empty line before the signatures");
  return { text: whole.slice(0, blank + 1), lines: parseSignatureLines(whole.slice(blank + 2)) };
}

export type OpenedNote =
  | { readonly kind: "opened"; readonly text: string }
  | { readonly kind: "not-signed"; readonly what: string };

/**
 * The text if `known` signed it. Signatures of others are ignored; a bad one under the known name
 * and id is "not-signed". Refuses what is no note.
 */
export async function openNote(note: Bytes, known: NoteVerifier): Promise<OpenedNote> {
  const { text, lines } = parseNote(note);
  const own = lines.filter((line) => line.name === known.name && line.keyId === known.keyId);
  const message = utf8(text);
  for (const line of own) {
    if (!(await known.key.verifies(message, line.signature))) {
      return { kind: "not-signed", what: "signed note: the signature of a known key is wrong" };
    }
  }
  if (own.length > 0) return { kind: "opened", text };
  return { kind: "not-signed", what: "signed note: not signed by a known key" };
}
