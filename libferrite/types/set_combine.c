/*
 * set_combine.c - union, intersection and difference of sets. See set.h.
 *
 * A union goes through all sets side by side, which works because each is in order. An
 * intersection goes through the smallest set and asks the others, a difference through the first.
 */
#include "../os/mem.h"
#include "mutate.h"
#include "set.h"
#include "set_form.h"

struct combine {
    struct collection *sets;
    size_t count;
    uint64_t limit; /* 0: none */
    struct slices *out;
    uint64_t found;
};

static int combine_add(struct combine *combine, ferrite_slice member) {
    combine->found++;
    return combine->out != NULL ? slices_add(combine->out, member.data, member.len) : FERRITE_OK;
}

static bool combine_full(const struct combine *combine) {
    return combine->limit != 0 && combine->found >= combine->limit;
}

/* Is the member in all of the other sets, or in none of them? */
static int in_others(struct combine *combine, size_t but, ferrite_slice member, bool all,
                     bool *answer) {
    *answer = true;
    for (size_t i = 0; i < combine->count && *answer; i++) {
        bool there;
        if (i == but) continue;
        int code = set_look(&combine->sets[i], member, &there);
        if (code != FERRITE_OK) return code;
        *answer = there == all;
    }
    return FERRITE_OK;
}

static int combine_one(struct combine *combine, size_t through, bool all) {
    struct set_walk walk;
    int code = set_walk_begin(&combine->sets[through], 0, &walk);
    while (code == FERRITE_OK && walk.valid && !combine_full(combine)) {
        bool wanted;
        code = in_others(combine, through, walk.member, all, &wanted);
        if (code == FERRITE_OK && wanted) code = combine_add(combine, walk.member);
        if (code == FERRITE_OK) code = set_walk_next(&walk);
    }
    set_walk_done(&walk);
    return code;
}

static int combine_intersect(struct combine *combine) {
    size_t smallest = 0;
    uint64_t least = UINT64_MAX, members;
    for (size_t i = 0; i < combine->count; i++) {
        int code = set_stored(&combine->sets[i], &members);
        if (code != FERRITE_OK) return code;
        if (members < least) smallest = i;
        if (members < least) least = members;
    }
    return combine_one(combine, smallest, true);
}

static int compare_members(ferrite_slice a, ferrite_slice b) {
    return bytes_compare(a.data, a.len, b.data, b.len);
}

static const struct set_walk *least_walk(const struct set_walk *walks, size_t count) {
    const struct set_walk *least = NULL;
    for (size_t i = 0; i < count; i++)
        if (walks[i].valid && (least == NULL || compare_members(walks[i].member, least->member) < 0))
            least = &walks[i];
    return least;
}

/* All that stand on the least member go on, that one last: the others are compared with it. */
static int step_past(struct set_walk *walks, size_t count, const struct set_walk *least) {
    int code = FERRITE_OK;
    for (size_t i = 0; i < count && code == FERRITE_OK; i++)
        if (walks[i].valid && &walks[i] != least &&
            compare_members(walks[i].member, least->member) == 0)
            code = set_walk_next(&walks[i]);
    return code == FERRITE_OK ? set_walk_next(&walks[least - walks]) : code;
}

static int combine_union(struct combine *combine) {
    size_t begun = 0;
    int code = FERRITE_OK;
    struct set_walk *walks = mem_alloc(combine->count * sizeof *walks);
    if (walks == NULL) return error_nomem();
    while (begun < combine->count && code == FERRITE_OK) {
        code = set_walk_begin(&combine->sets[begun], 0, &walks[begun]);
        begun++;
    }
    while (code == FERRITE_OK) {
        const struct set_walk *least = least_walk(walks, combine->count);
        if (least == NULL) break;
        code = combine_add(combine, least->member);
        if (code == FERRITE_OK) code = step_past(walks, combine->count, least);
    }
    while (begun-- > 0) set_walk_done(&walks[begun]);
    mem_free(walks);
    return code;
}

static int combine_run(struct combine *combine, enum set_operation operation) {
    if (operation == SET_UNION) return combine_union(combine);
    return operation == SET_INTERSECTION ? combine_intersect(combine)
                                         : combine_one(combine, 0, false);
}

int set_combine(struct keyspace *ks, enum set_operation operation, const ferrite_slice *keys,
                size_t key_count, uint64_t limit, struct slices *out, uint64_t *count) {
    *count = 0;
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK || key_count == 0) return code;
    struct combine combine = {NULL, key_count, limit, out, 0};
    combine.sets = mem_alloc(key_count * sizeof *combine.sets);
    if (combine.sets == NULL) return error_nomem();
    for (size_t i = 0; i < key_count && code == FERRITE_OK; i++)
        code = collection_read(ks, &set_kind, keys[i], &combine.sets[i]);
    if (code == FERRITE_OK) code = combine_run(&combine, operation);
    mem_free(combine.sets);
    *count = combine.found;
    return code;
}

int set_store(struct keyspace *ks, enum set_operation operation, ferrite_slice to,
              const ferrite_slice *keys, size_t key_count, uint64_t *count) {
    struct slices list = {0};
    ferrite_slice *members = NULL;
    size_t listed = 0;
    bool deleted;
    uint64_t added;
    int code = set_combine(ks, operation, keys, key_count, 0, &list, count);
    if (code == FERRITE_OK) code = slices_finish(&list, &members, &listed);
    slices_clear(&list);
    if (code == FERRITE_OK) code = mutate_delete_blind(ks, to.data, to.len, &deleted);
    if (code == FERRITE_OK && listed != 0) code = set_add(ks, to, members, listed, &added);
    mem_free(members);
    return code;
}
