/*
 * fuzz_bed.c - see fuzz_bed.h.
 */
#include "fuzz_bed.h"

#include <stdlib.h>

#include "probe.h"
#include "workspace.h"

static struct workspace workspace;
static struct bed beds[2]; /* plain, compressed */

static void beds_remove(void) {
    for (int i = 0; i < 2; i++)
        if (beds[i].workspace != NULL) image_free(&beds[i].base);
    workspace_remove(&workspace);
}

static void workspace_once(void) {
    if (beds[0].workspace != NULL || beds[1].workspace != NULL) return;
    workspace_make(&workspace, "fuzz");
    atexit(beds_remove);
}

const struct bed *bed_get(enum specimen_end end, bool compressed) {
    const struct image nothing = {0};
    struct specimen specimen;
    struct bed *bed = &beds[compressed];
    if (bed->workspace != NULL) return bed;
    workspace_once();
    bed->workspace = &workspace;
    workspace_path(&workspace, "x.ferrite", bed->path, sizeof bed->path);
    image_save(&nothing, bed->path); /* the other bed's were there */
    specimen_make(&specimen, end, compressed ? 2 : 1, bed->path);
    image_copy(&bed->base, &specimen.image);
    specimen_free(&specimen);
    return bed;
}

void bed_probe(const struct bed *from, const struct image *image, uint64_t seed) {
    struct finding finding;
    struct probe probe = {.path = from->path, .may_fail = true, .choices = choices_seeded(seed)};
    image_save(image, from->path);
    probe_run(&probe, &finding);
}
