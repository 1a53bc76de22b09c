# SPDX-License-Identifier: Apache-2.0
# Reads ctest's LastTest.log and prints: passed failed skipped. Counts the single tests of
# GoogleTest programs; a program of another kind, or that died between two tests, counts as one.
function close_program(ok) {
  if (!open) return
  if (!ok && program_failed == 0) failed++
  if (ok && program_passed + program_skipped == 0) passed++
  open = 0
}
/^[0-9]+\/[0-9]+ Test: /           { close_program(0); open = 1
                                     program_passed = program_failed = program_skipped = 0 }
/^\[       OK \] .*\([0-9]+ ms\)$/ { program_passed++; passed++ }
/^\[  FAILED  \] .*\([0-9]+ ms\)$/ { program_failed++; failed++ }
/^\[  SKIPPED \] .*\([0-9]+ ms\)$/ { program_skipped++; skipped++ }
/^Test Passed\.$/                  { close_program(1) }
/^Test Failed\.$/                  { close_program(0) }
END                                { close_program(0); print passed + 0, failed + 0, skipped + 0 }
