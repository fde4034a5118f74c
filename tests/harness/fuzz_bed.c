/*
 * fuzz_bed.c - see fuzz_bed.h.
 */
#include "fuzz_bed.h"

#include <stdlib.h>

#include "probe.h"
#include "workspace.h"

static struct workspace workspace;
static struct bed bed;

static void bed_remove(void) {
    image_free(&bed.base);
    workspace_remove(&workspace);
}

const struct bed *bed_get(enum specimen_end end) {
    struct specimen specimen;
    if (bed.workspace != NULL) return &bed;
    workspace_make(&workspace, "fuzz");
    bed.workspace = &workspace;
    workspace_path(&workspace, "x.ferrite", bed.path, sizeof bed.path);
    specimen_make(&specimen, end, 1, bed.path);
    image_copy(&bed.base, &specimen.image);
    specimen_free(&specimen);
    atexit(bed_remove);
    return &bed;
}

void bed_probe(const struct bed *from, const struct image *image, uint64_t seed) {
    struct finding finding;
    struct probe probe = {.path = from->path, .may_fail = true, .choices = choices_seeded(seed)};
    image_save(image, from->path);
    probe_run(&probe, &finding);
}
