/* SPDX-License-Identifier: Apache-2.0
 * A program in C asks a gate:
 *
 *   cc check.c $(pkg-config --cflags --libs proviso-gate) -o check
 *   ./check trust.json snapshot.json SUBSCRIPTION SERVICE OPERATION
 *
 * Ends with 0 where the request may pass, 1 where it may not, 2 where it can't tell. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <proviso/gate.h>

/* The whole file; the caller frees it. */
static proviso_text read_file(const char* path) {
  proviso_text text = {NULL, 0};
  FILE* file = fopen(path, "rb");
  if (file == NULL) return text;
  char* data = NULL;
  size_t size = 0;
  size_t room = 0;
  for (;;) {
    if (size == room) {
      room = room == 0 ? 65536 : room * 2;
      char* grown = realloc(data, room);
      if (grown == NULL) break;
      data = grown;
    }
    size_t got = fread(data + size, 1, room - size, file);
    size += got;
    if (got == 0) break;
  }
  fclose(file);
  text.data = data;
  text.size = size;
  return text;
}

static proviso_text word(const char* text) {
  proviso_text out = {text, strlen(text)};
  return out;
}

int main(int count, char** words) {
  if (count != 6) {
    fprintf(stderr, "usage: check TRUST SNAPSHOT SUBSCRIPTION SERVICE OPERATION\n");
    return 2;
  }
  char error[512];
  proviso_gate* gate;
  proviso_gate_settings settings = {0};
  settings.trust = read_file(words[1]);
  if (proviso_gate_open(&settings, &gate, error, sizeof error) != PROVISO_OK ||
      proviso_gate_offer(gate, read_file(words[2]), 0, NULL, error, sizeof error) != PROVISO_OK) {
    fprintf(stderr, "check: %s\n", error);
    return 2;
  }

  proviso_request request = {word(words[3]), word(words[4]), word(words[5]), {NULL, 0}, {NULL, 0}};
  proviso_answer answer;
  proviso_gate_check(gate, &request, &answer);

  proviso_explanation why;
  proviso_gate_explain(gate, &answer, &why);
  printf("%s\n", answer.outcome == PROVISO_NO ? why.user : "go on");
  proviso_gate_close(gate);
  return answer.outcome == PROVISO_NO ? 1 : 0;
}
