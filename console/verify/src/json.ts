// SPDX-License-Identifier: Apache-2.0
// The JSON that our own documents are made of, as src/base/json.h has it: integers within
// ±(2^53-1), strings, booleans, null, lists, objects. JSON.parse will not do: it lets a name stand
// twice and takes fractions, so that two verifiers could read one text differently.
import { type Bytes, fromUtf8 } from "./bytes.ts";
import { refuse } from "./refusal.ts";

export type Json = null | boolean | number | string | readonly Json[] | ReadonlyMap<string, Json>;
export type JsonObject = ReadonlyMap<string, Json>;

export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
export function isObject(value: Json): value is JsonObject {
  return value instanceof Map;
}

export const kJsonBytesMax = 16 * 1024 * 1024;
const kDepthMax = 64;

// Of a string, what stands for itself.
const kPlain = new RegExp('[^"\\\\\\u0000-\\u001F]*', "y");
const kQuote = 0x22;
const kBackslash = 0x5c;
const kEscapes = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

class Parser {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  document(): Json {
    const value = this.value(0);
    this.skipSpace();
    if (this.at !== this.text.length) this.wrong("text after the end of the value");
    return value;
  }

  private wrong(what: string): never {
    const before = this.text.slice(0, this.at).split("\n");
    refuse(`${before.length}:${(before.at(-1) ?? "").length + 1}: ${what}`);
  }

  private skipSpace(): void {
    for (; this.at < this.text.length; ++this.at) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    ++this.at;
    return true;
  }

  private takeWord(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  private value(depth: number): Json {
    if (depth > kDepthMax) this.wrong("nested too deeply");
    this.skipSpace();
    if (this.at >= this.text.length) this.wrong("the text ends where a value should be");
    const code = this.text.charCodeAt(this.at);
    if (code === 0x7b) return this.object(depth);
    if (code === 0x5b) return this.list(depth);
    if (code === kQuote) return this.string();
    if (code === 0x2d || isDigit(code)) return this.integer();
    if (this.takeWord("true")) return true;
    if (this.takeWord("false")) return false;
    if (this.takeWord("null")) return null;
    return this.wrong("not a JSON value");
  }

  private object(depth: number): JsonObject {
    ++this.at;
    const members = new Map<string, Json>();
    this.skipSpace();
    if (this.take("}")) return members;
    for (;;) {
      this.skipSpace();
      const nameAt = this.at;
      if (this.text.charCodeAt(nameAt) !== kQuote) {
        this.wrong("a member name in quotes should be here");
      }
      const name = this.string();
      this.skipSpace();
      if (!this.take(":")) this.wrong("':' should be here");
      const member = this.value(depth + 1);
      if (members.has(name)) {
        this.at = nameAt;
        this.wrong("a member name stands twice");
      }
      members.set(name, member);
      this.skipSpace();
      if (this.take("}")) return members;
      if (!this.take(",")) this.wrong("',' or '}' should be here");
    }
  }

  private list(depth: number): readonly Json[] {
    ++this.at;
    const items: Json[] = [];
    this.skipSpace();
    if (this.take("]")) return items;
    for (;;) {
      items.push(this.value(depth + 1));
      this.skipSpace();
      if (this.take("]")) return items;
      if (!this.take(",")) this.wrong("',' or ']' should be here");
    }
  }

  private integer(): number {
    const minus = this.take("-");
    const first = this.text.charCodeAt(this.at);
    if (!isDigit(first)) this.wrong("not a number");
    if (first === 0x30 && isDigit(this.text.charCodeAt(this.at + 1))) {
      this.wrong("a number with a leading zero");
    }
    let n = 0;
    for (let code = first; isDigit(code); code = this.text.charCodeAt(++this.at)) {
      n = n * 10 + (code - 0x30);
      if (n > Number.MAX_SAFE_INTEGER) this.wrong("an integer beyond 2^53-1");
    }
    if (/[.eE]/.test(this.text.charAt(this.at))) {
      this.wrong("a number with a fraction or exponent (write an integer or a string)");
    }
    return minus && n !== 0 ? -n : n; // there is one zero
  }

  private hex4(): number {
    const digits = this.text.slice(this.at, this.at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.wrong("a \\u escape has four hexadecimal digits");
    this.at += 4;
    return parseInt(digits, 16);
  }

  private unicodeEscape(): string {
    const unit = this.hex4();
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
    if (unit > 0xdbff || !this.takeWord("\\u")) this.wrong("a lone surrogate");
    const low = this.hex4();
    if (low < 0xdc00 || low > 0xdfff) this.wrong("a lone surrogate");
    return String.fromCharCode(unit, low);
  }

  private escape(): string {
    const letter = this.text.charAt(this.at);
    if (letter === "") this.wrong("the text ends inside a string");
    if (letter === "u") {
      ++this.at;
      return this.unicodeEscape();
    }
    const meant = kEscapes.get(letter);
    if (meant === undefined) return this.wrong("no such escape");
    ++this.at;
    return meant;
  }

  private string(): string {
    const start = ++this.at;
    kPlain.lastIndex = start;
    kPlain.test(this.text); // always matches; says how far
    this.at = kPlain.lastIndex;
    if (this.text.charCodeAt(this.at) === kQuote) return this.text.slice(start, this.at++);
    let out = "";
    let from = start;
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (Number.isNaN(code)) this.wrong("the text ends inside a string");
      if (code === kQuote) {
        out += this.text.slice(from, this.at++);
        return out;
      }
      if (code < 0x20) this.wrong("a control character in a string");
      if (code === kBackslash) {
        out += this.text.slice(from, this.at++);
        out += this.escape();
        from = this.at;
      } else {
        ++this.at;
      }
    }
  }
}

/** Reads one JSON text, or refuses it with its "LINE:COLUMN: ". */
export function parseJson(bytes: Bytes, bytesMax = kJsonBytesMax): Json {
  if (bytes.length > bytesMax) refuse(`1:1: the text is longer than ${bytesMax} bytes`);
  return new Parser(fromUtf8(bytes) ?? refuse("1:1: not UTF-8")).document();
}

function sortedMembers(value: JsonObject): Iterable<readonly [string, Json]> {
  let previous = "";
  for (const name of value.keys()) {
    if (name < previous) return [...value].sort(([a], [b]) => (a < b ? -1 : 1));
    previous = name;
  }
  return value; // as nearly always
}

/** RFC 8785: names sorted by UTF-16 code units, no white space, shortest escapes. */
export function canonicalJson(value: Json): string {
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (isObject(value)) {
    let out = "{";
    for (const [name, member] of sortedMembers(value)) {
      out += `${out === "{" ? "" : ","}${JSON.stringify(name)}:${canonicalJson(member)}`;
    }
    return `${out}}`;
  }
  return JSON.stringify(value); // of well-formed strings and integers it is RFC 8785's
}
