/*
 * tower.h - a tree that leads through the same few pages for ages: right checksums, and each branch's children
 * are all the same page, level upon level.
 */
#ifndef FERRITE_TESTS_TOWER_H
#define FERRITE_TESTS_TOWER_H

#include "image.h"

/* What branches say of the entries below them. */
enum tower_counts {
    TOWER_AS_BEFORE, /* what they said of other children */
    TOWER_ONE,
    TOWER_HUGE,
    TOWER_TRUE, /* as many as one meets on the way */
    TOWER_COUNTS
};

/* Whether the page is the root of a tree of two levels, as far as one page can tell. */
bool tower_fits(const struct image_file *data, uint32_t page);

/* Makes a tower of `levels` branches out of the branch `page` and its leaves. Fewer when it has too few. The
 * entries that the root then claims. */
uint64_t tower_build(struct image_file *data, uint32_t page, unsigned levels,
                     enum tower_counts counts);

#endif
