// SPDX-License-Identifier: Apache-2.0
import { isList, isObject, type Json, type JsonObject } from "./json.ts";
import { isDigestHex, type DigestHex } from "./digest.ts";
import { refuse } from "./refusal.ts";

const kNothing: JsonObject = new Map();

/**
 * Reads the members of an object; each refusal names the member ("scope[2].service: missing").
 * Every member must be asked for: finish() refuses the others.
 */
export class Members {
  private readonly value: JsonObject;
  private readonly where: string;
  private readonly seen = new Set<string>();

  constructor(value: Json, where: string) {
    this.where = where;
    this.value = isObject(value) ? value : kNothing;
    if (!isObject(value)) refuse(`${where}: not an object`);
  }

  path(name: string): string {
    return `${this.where}.${name}`;
  }

  refuse(name: string, what: string): never {
    refuse(`${this.path(name)}: ${what}`);
  }

  /** Undefined where it is missing. */
  optional(name: string): Json | undefined {
    this.seen.add(name);
    return this.value.get(name);
  }

  any(name: string): Json {
    return this.optional(name) ?? (this.value.has(name) ? null : this.refuse(name, "missing"));
  }

  string(name: string): string {
    const value = this.any(name);
    return typeof value === "string" ? value : this.refuse(name, "not a string");
  }

  integer(name: string): number {
    const value = this.any(name);
    return typeof value === "number" ? value : this.refuse(name, "not an integer");
  }

  boolean(name: string): boolean {
    const value = this.any(name);
    return typeof value === "boolean" ? value : this.refuse(name, "neither true nor false");
  }

  /** A member that stands only where it is true, so that a document has one text. */
  flag(name: string): boolean {
    const value = this.optional(name);
    if (value === undefined || value === true) return value === true;
    return this.refuse(name, "must be true, or not be there");
  }

  list(name: string): readonly Json[] {
    const value = this.any(name);
    return isList(value) ? value : this.refuse(name, "not a list");
  }

  object(name: string): JsonObject {
    const value = this.any(name);
    return isObject(value) ? value : this.refuse(name, "not an object");
  }

  strings(name: string): readonly string[] {
    return this.list(name).map((item) =>
      typeof item === "string" ? item : this.refuse(name, "not a list of strings"),
    );
  }

  digest(name: string): DigestHex {
    const text = this.string(name);
    if (isDigestHex(text)) return text;
    return this.refuse(name, "not a SHA-256 in 64 lower-case hexadecimal digits");
  }

  /** Every document of ours says which version of its format it has. */
  version(): void {
    if (this.integer("version") !== 1) this.refuse("version", "must be 1");
  }

  finish(): void {
    for (const name of this.value.keys()) {
      if (!this.seen.has(name)) this.refuse(name, "unknown member");
    }
  }
}
