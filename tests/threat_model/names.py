#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds docs/threat-model.md true to the tree: every test that it names is there.

  names.py [ROOT]        prints what is named and is not there; ends with 1 where there is something
  names.py --self-test   shows that each kind of wrong name is found

What a cell of a column "shown by" may name, in backticks, and in parentheses what of that:
  X_tests                a test, Suite.Test, Suite.* or its beginning with *, in src/X/tests
  tests/NAME             words that stand in the files of that folder: a section, or a check
  ./dev attack           titles in tools/attack.sh
  console/verify         a file of console/verify/test, or a word in one
  anything else          a fuzz target, fuzz/NAME.cc
"""
import fnmatch
import pathlib
import re
import sys
import tempfile

PAGE = "docs/threat-model.md"
# The parts that are judged one by one; the page has a row for each.
PARTS = ["the server", "the database", "one approver", "k−1 approvers", "the proposer",
         "the log's key", "a witness", "a gate", "the static host", "a reader"]
ITEM = re.compile(r"`([^`]+)`(?:\s*\(([^()]*)\))?")
TEST = re.compile(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.MULTILINE)


def text_of(folder):
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "names.py") \
        if folder.is_dir() else []
    return "\n".join(p.read_text(errors="replace") for p in files)


def words_of(inside):
    """What stands in parentheses: names in backticks, and words between commas."""
    quoted = re.findall(r"`([^`]+)`", inside)
    plain = [w.strip() for w in re.sub(r"`[^`]+`", "", inside).split(",")]
    return quoted, [w for w in plain if w]


class Tree:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.texts = {}

    def text(self, folder):
        if folder not in self.texts:
            self.texts[folder] = text_of(self.root / folder)
        return self.texts[folder]

    def unit_test(self, part, name):
        pattern = name if "." in name else "*." + name
        tests = {f"{s}.{t}" for s, t in TEST.findall(self.text(f"src/{part}/tests"))}
        return any(fnmatch.fnmatchcase(t, pattern) for t in tests)

    def wrong(self, name, inside):
        """What of `name` (`inside`) is not there."""
        quoted, plain = words_of(inside)
        if name.endswith("_tests"):
            part = name[: -len("_tests")]
            return [f"{name} ({q})" for q in quoted or ["*"] if not self.unit_test(part, q)]
        if name.startswith("tests/"):
            text = self.text(name)
            return [f"{name} ({w})" for w in plain if w not in text] if text else [name]
        if name == "./dev attack":
            text = self.text("tools")
            return [f"{name} ({w})" for w in self.titles(inside) if f'"{w}"' not in text]
        if name == "console/verify" or name.endswith(".test.ts"):
            names = quoted + ([name] if name.endswith(".test.ts") else [])
            folder = "console/verify/test"
            return [f"{name} ({n})" for n in names
                    if not (self.root / folder / n).is_file() and n not in self.text(folder)]
        return [] if (self.root / "fuzz" / f"{name}.cc").is_file() else [name]

    def titles(self, inside):
        """Titles have commas of their own: the longest that are there are taken first."""
        left, known = inside, re.findall(r'attack \S+ "([^"]+)"|attack "[^"]*" "([^"]+)"',
                                         self.text("tools"))
        for title in sorted((a or b for a, b in known), key=len, reverse=True):
            left = left.replace(title, "")
        return words_of(left)[1]


def is_rule(line):
    """What stands between the head of a table and its rows."""
    return line.startswith("|") and set(line) <= set("|- ")


def rows(page):
    """(line number, cells, column "shown by") of each row; the column is -1 in a table that has
    none, and None where a table has no head: whatever cut it from its head hides its rows."""
    lines, column, inside = page.splitlines(), None, False
    for number, line in enumerate(lines, 1):
        cells = [c.strip() for c in line.strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif not inside:
            inside, column = True, None
            if number < len(lines) and is_rule(lines[number]):
                column = cells.index("shown by") if "shown by" in cells else -1
            else:
                yield number, cells, column
        elif not is_rule(line):
            yield number, cells, column


def check(root):
    tree, errors, seen = Tree(root), [], []
    for number, cells, column in rows((tree.root / PAGE).read_text()):
        if column is None:
            errors.append(f"{PAGE}:{number}: a row without a head: {cells[0]}")
        if column is None or column < 0:
            continue
        seen.append(cells[0])
        items = ITEM.findall(cells[column]) if column < len(cells) else []
        # What is promised has a test; a row without "cannot" promises nothing.
        if not items and cells[column - 1]:
            errors.append(f"{PAGE}:{number}: no test is named for: {cells[0]}")
        for name, inside in items:
            errors += [f"{PAGE}:{number}: {w}: there is no such test" for w in
                       tree.wrong(name, inside)]
    errors += [f"{PAGE}: no row for {part}" for part in PARTS
               if not any(who.startswith(part) for who in seen)]
    return errors


def self_test():
    row = "| x | can | cannot | {} |"
    head = "| who | can | cannot | shown by |\n|---|---|---|---|\n"
    good = "".join(f"| {p} | a | b | `a_tests` (`S.One`, `S.*`, `O*`), `tests/t` (a section), " 
                   "`./dev attack` (A, B and C), `console/verify` (`x.test.ts`), `target` |\n"
                   for p in PARTS)
    wrong = ["`a_tests` (`Two`)", "`b_tests` (`One`)", "`tests/u`", "`tests/t` (another)",
             "`./dev attack` (D)", "`console/verify` (`y.test.ts`)", "`other`", "nothing"]
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, text in {"src/a/tests/a.cc": "TEST(S, One) {\n", "tests/t/run.sh": "a section",
                           "tools/attack.sh": 'attack I2 "A, B and C"',
                           "console/verify/test/x.test.ts": "x", "fuzz/target.cc": ""}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        (root / "docs").mkdir()
        cases = [(head + good, 0), (head + good.replace("| a witness ", "| nobody "), 1)]
        cases += [(head + good + "between\n" + row.format("nothing") + "\n", 1)]
        cases += [(head + good + row.format(w) + "\n", 1) for w in wrong]
        failed = 0
        for page, count in cases:
            (root / PAGE).write_text(page)
            found = check(root)
            if len(found) != count:
                failed += 1
                print(f"not found as wanted ({count}): {found}\n{page.splitlines()[-1]}")
    return 1 if failed else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    errors = check(sys.argv[1] if len(sys.argv) > 1 else ".")
    print("\n".join(errors) if errors else "every test that the page names is there")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
