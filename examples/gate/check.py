# SPDX-License-Identifier: Apache-2.0
"""A program in Python asks a gate, through the C ABI (no package needed):

  python3 check.py libproviso-gate.so.1 trust.json snapshot.json SUBSCRIPTION SERVICE OPERATION

Ends with 0 where the request may pass, 1 where it may not, 2 where it can't tell."""
import ctypes
import pathlib
import sys


class Text(ctypes.Structure):
    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t)]

    def __init__(self, text: bytes = b"") -> None:
        super().__init__(text, len(text))


class Settings(ctypes.Structure):
    _fields_ = [("trust", Text), ("state_dir", Text), ("fail_closed", ctypes.c_uint8),
                ("observe", ctypes.c_uint8), ("reserved", ctypes.c_uint8 * 62)]


class Request(ctypes.Structure):
    _fields_ = [(name, Text)
                for name in ("subscription", "service", "operation", "region", "resource")]


class Answer(ctypes.Structure):
    _fields_ = [("effect", ctypes.c_uint8), ("outcome", ctypes.c_uint8), ("judged", ctypes.c_uint8),
                ("basis", ctypes.c_uint8), ("mode", ctypes.c_uint8),
                ("reserved", ctypes.c_uint8 * 3),
                ("rate_per_second", ctypes.c_uint32), ("order_number", ctypes.c_uint32),
                ("order", ctypes.c_uint8 * 32), ("snapshot_entries", ctypes.c_uint64),
                ("snapshot_made_at", ctypes.c_int64)]


class Explanation(ctypes.Structure):
    _fields_ = [("term", ctypes.c_char * 264), ("until", ctypes.c_char * 24),
                ("review", ctypes.c_char * 24), ("user", ctypes.c_char * 512),
                ("service", ctypes.c_char * 768)]


def main(words: list[str]) -> int:
    if len(words) != 7:
        print(__doc__, file=sys.stderr)
        return 2
    library = ctypes.CDLL(words[1])
    error = ctypes.create_string_buffer(512)
    gate = ctypes.c_void_p()
    settings = Settings(trust=Text(pathlib.Path(words[2]).read_bytes()))
    code = library.proviso_gate_open(ctypes.byref(settings), ctypes.byref(gate), error, len(error))
    if code == 0:
        snapshot = Text(pathlib.Path(words[3]).read_bytes())
        code = library.proviso_gate_offer(gate, snapshot, 0, None, error, len(error))
    if code != 0:
        print("check:", error.value.decode(), file=sys.stderr)
        return 2

    request = Request(*(Text(word.encode()) for word in words[4:]))
    answer = Answer()
    library.proviso_gate_check(gate, ctypes.byref(request), ctypes.byref(answer))
    why = Explanation()
    library.proviso_gate_explain(gate, ctypes.byref(answer), ctypes.byref(why))
    refused = answer.outcome == 1
    print(why.user.decode() if refused else "go on")
    library.proviso_gate_close(gate)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
