/*
 * set_form.h - members of an opened set, whichever form it has. Shared by set*.c, not for others.
 */
#ifndef FERRITE_TYPES_SET_FORM_H
#define FERRITE_TYPES_SET_FORM_H

#include "set.h"

/* Reading. */
int set_look(struct collection *c, ferrite_slice member, bool *there);

/* Writing, without a word in the log. *changed: it was not there before, or it was. */
int set_put(struct collection *c, ferrite_slice member, bool *changed);
int set_take(struct collection *c, ferrite_slice member, bool *changed);

/* Takes the member of a rank out, leaving a copy of it in `out`; *member is that copy. */
int set_take_rank(struct collection *c, uint64_t rank, struct slices *out, ferrite_slice *member);

/* Member after member; valid until the next step. */
struct set_walk {
    struct collection *c;
    bool valid;
    uint32_t next; /* packed */
    ferrite_slice member;
    struct tree_cursor cursor;
};
int set_walk_begin(struct collection *c, uint64_t rank, struct set_walk *walk);
int set_walk_behind(struct collection *c, ferrite_slice member, struct set_walk *walk);
int set_walk_next(struct set_walk *walk);
void set_walk_done(struct set_walk *walk);

int set_stored(const struct collection *c, uint64_t *count);

#endif
