/*
 * fuzz_ops.c - sequences of operations against the plain model, steered by the input.
 *
 * The first byte says where the database lives and what its budgets are; the rest are the session's
 * choices.
 */
#include "target.h"

#include <stdio.h>
#include <stdlib.h>

#include "../tests/harness/model.h"
#include "../tests/harness/workspace.h"

#define STEPS_MAX 400

static struct workspace workspace;
static char dir[200], path[256];

static void remove_files(void) { workspace_remove(&workspace); }

static void make_files(void) {
    if (dir[0] == '\0') {
        workspace_make(&workspace, "fuzz-ops");
        workspace_path(&workspace, "files", dir, sizeof dir);
        snprintf(path, sizeof path, "%s/x.ferrite", dir);
        atexit(remove_files);
    }
    directory_make_empty(dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct finding finding = {0};
    struct model_result result = {0};
    if (size == 0) return 0;
    struct choices choices = choices_from_bytes(data + 1, size - 1);
    make_files();
    struct model_sequence sequence = {data[0] % 4 == 0 ? NULL : path, STEPS_MAX, data[0] / 4};
    enum verdict verdict = model_run_sequence(&choices, &sequence, &finding, &result);
    if (verdict == VERDICT_OK) return 0;
    fprintf(stderr, "step %u%s: %s\n", (unsigned)result.steps, result.tight, finding.text);
    abort();
}
