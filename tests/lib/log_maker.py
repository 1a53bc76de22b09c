#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes and forges public logs, for scripts that verify: what whoever holds a key could do. It
shares no code with what it is for. Keys are Ed25519 in PEM; openssl signs.

  log_maker.py vkey NAME KEY.pem log|witness          its verifier key
  log_maker.py make OUT NAME KEY.pem SIZE             a log of the entries "entry 0", "entry 1", ...
  log_maker.py entries LOG                            its entries, one JSON text a line
  log_maker.py forge LOG OUT NAME KEY.pem [N=FILE]... [SIZE]
      the log with the bytes of FILE as entry N (N may be its size: appended), or without its end,
      signed by KEY; the last line feed of FILE is not taken
  log_maker.py cosign NOTE NAME KEY.pem TIME          the line of a witness; TIME in Unix seconds
"""
import base64
import hashlib
import pathlib
import subprocess
import sys
import tempfile

WIDTH = 256


def public_key(pem):
    der = subprocess.run(["openssl", "pkey", "-in", pem, "-pubout", "-outform", "DER"], check=True,
                         capture_output=True).stdout
    return der[-32:]


def sign(pem, message):
    with tempfile.NamedTemporaryFile() as file:
        file.write(message)
        file.flush()
        return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", pem, "-in",
                               file.name], check=True, capture_output=True).stdout


def key_id(name, kind, key):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


def vkey(name, pem, kind):
    key = public_key(pem)
    return f"{name}+{key_id(name, kind, key).hex()}+" \
           f"{base64.b64encode(bytes([kind]) + key).decode()}"


def line(name, pem, kind, payload):
    raw = key_id(name, kind, public_key(pem)) + payload
    return f"\u2014 {name} {base64.b64encode(raw).decode()}\n"


def cosign(note, name, pem, time):
    text = note[:note.rindex("\n\n") + 1]
    signature = sign(pem, f"cosignature/v1\ntime {time}\n{text}".encode())
    return line(name, pem, 4, time.to_bytes(8, "big") + signature)


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes):
    """RFC 6962 section 2.1."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return node(root_of(hashes[:k]), root_of(hashes[k:]))


def tile_name(n, width):
    name = f"{n % 1000:03d}"
    while n >= 1000:
        n //= 1000
        name = f"x{n % 1000:03d}/{name}"
    return name if width == WIDTH else f"{name}.p/{width}"


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def write_log(out, name, pem, entries):
    out = pathlib.Path(out)
    level, hashes = 0, [hashlib.sha256(b"\x00" + e).digest() for e in entries]
    root = root_of(hashes)
    for at in range(0, len(entries), WIDTH):
        part = entries[at:at + WIDTH]
        bundle = b"".join(len(e).to_bytes(2, "big") + e for e in part)
        write(out / "tile/entries" / tile_name(at // WIDTH, len(part)), bundle)
    while hashes:
        for at in range(0, len(hashes), WIDTH):
            part = hashes[at:at + WIDTH]
            write(out / f"tile/{level}" / tile_name(at // WIDTH, len(part)), b"".join(part))
        full = len(hashes) // WIDTH
        hashes = [root_of(hashes[i * WIDTH:(i + 1) * WIDTH]) for i in range(full)]
        level += 1
    text = f"{name}\n{len(entries)}\n{base64.b64encode(root).decode()}\n"
    note = f"{text}\n{line(name, pem, 1, sign(pem, text.encode()))}"
    write(out / "checkpoint", note.encode())


def read_log(log):
    """Of at most 255 entries."""
    log = pathlib.Path(log)
    size = int((log / "checkpoint").read_text().split("\n")[1])
    raw = (log / "tile/entries" / tile_name(0, size)).read_bytes()
    entries = []
    while raw:
        length = int.from_bytes(raw[:2], "big")
        entries.append(raw[2:2 + length])
        raw = raw[2 + length:]
    return entries


def forge(log, out, name, pem, changes):
    entries = read_log(log)
    for change in changes:
        index, _, file = change.partition("=")
        if not file:
            entries = entries[:int(index)]
            continue
        content = pathlib.Path(file).read_bytes().removesuffix(b"\n")
        entries[int(index):int(index) + 1] = [content]
    write_log(out, name, pem, entries)


def main(command, *args):
    if command == "vkey":
        print(vkey(args[0], args[1], {"log": 1, "witness": 4}[args[2]]))
    elif command == "make":
        write_log(*args[:3], [f"entry {i}".encode() for i in range(int(args[3]))])
    elif command == "entries":
        print(b"\n".join(read_log(args[0])).decode())
    elif command == "forge":
        forge(*args[:4], args[4:])
    elif command == "cosign":
        note = pathlib.Path(args[0]).read_text()
        print(cosign(note, args[1], args[2], int(args[3])), end="")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:] or [""])
