/*
 * zset_combine.c - union, intersection and difference of sorted sets and sets. See zset.h.
 *
 * The keys are taken in the order of their sizes, as Redis does: sums of doubles depend on it.
 */
#include <math.h>
#include <stdlib.h>

#include "../os/mem.h"
#include "set_form.h"
#include "zset_form.h"

/* What one key holds. */
struct source {
    struct collection c;
    double weight;
    uint64_t count;
    size_t place; /* among the keys */
};

struct gathering {
    struct source *sources;
    size_t count;
    int aggregate;
    uint64_t limit; /* 0: none */
    struct scored *out;
    uint64_t found;
};

/* ---- one source ---- */

static bool source_scored(const struct source *source) { return source->c.kind == &zset_kind; }

/* A key that is not there counts as an empty sorted set. */
static int source_read(struct keyspace *ks, ferrite_slice key, struct source *source) {
    struct record record;
    int code = keyspace_get(ks, key.data, key.len, &record);
    bool set = code == FERRITE_OK && record_type(&record) == FERRITE_TYPE_SET;
    if (code == FERRITE_OK)
        code = collection_of(ks, set ? &set_kind : &zset_kind, &record, &source->c);
    else if (code == FERRITE_NOTFOUND)
        code = collection_read(ks, &zset_kind, key, &source->c);
    if (code != FERRITE_OK) return code;
    return set ? set_stored(&source->c, &source->count) : zset_stored(&source->c, &source->count);
}

static int source_look(struct source *source, ferrite_slice member, double *score, bool *there) {
    *score = 1;
    return source_scored(source) ? zset_look(&source->c, member, score, there)
                                 : set_look(&source->c, member, there);
}

typedef int (*source_fn)(struct gathering *g, struct source *source, ferrite_slice member,
                         double score);

static bool gathering_full(const struct gathering *g) {
    return g->limit != 0 && g->found >= g->limit;
}

static int zset_each(struct gathering *g, struct source *source, source_fn fn) {
    struct zset_walk walk;
    int code = zset_walk_begin(&source->c, 0, false, &walk);
    while (code == FERRITE_OK && walk.valid && !gathering_full(g)) {
        code = fn(g, source, walk.member, walk.score);
        if (code == FERRITE_OK) code = zset_walk_next(&walk);
    }
    zset_walk_done(&walk);
    return code;
}

static int set_each(struct gathering *g, struct source *source, source_fn fn) {
    struct set_walk walk;
    int code = set_walk_begin(&source->c, 0, &walk);
    while (code == FERRITE_OK && walk.valid && !gathering_full(g)) {
        code = fn(g, source, walk.member, 1);
        if (code == FERRITE_OK) code = set_walk_next(&walk);
    }
    set_walk_done(&walk);
    return code;
}

static int source_each(struct gathering *g, struct source *source, source_fn fn) {
    return source_scored(source) ? zset_each(g, source, fn) : set_each(g, source, fn);
}

/* ---- scores of several ---- */

static double score_number(double score) { return isnan(score) ? 0 : score; }

static double score_join(int aggregate, double score, double other) {
    if (aggregate == FERRITE_ZSUM) return score_number(score + other);
    if (aggregate == FERRITE_ZMIN) return other < score ? other : score;
    return other > score ? other : score;
}

static int gather_add(struct gathering *g, ferrite_slice member, double score) {
    g->found++;
    return g->out != NULL ? scored_add(g->out, member, score) : FERRITE_OK;
}

/* ---- union: all members of all, then those that are the same joined ---- */

static int union_one(struct gathering *g, struct source *source, ferrite_slice member,
                     double score) {
    return gather_add(g, member, score_number(score * source->weight));
}

/* For sorting: the place in the list keeps equal members in the order of their sources. */
struct item {
    const char *data;
    size_t len, place;
    double score;
};

static int compare_members(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    int order = bytes_compare(x->data, x->len, y->data, y->len);
    return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

static int compare_scores(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? -1 : 1;
    return bytes_compare(x->data, x->len, y->data, y->len);
}

static size_t items_join(struct item *items, size_t count, int aggregate) {
    size_t to = 0;
    for (size_t i = 0; i < count; i++) {
        struct item *last = to > 0 ? &items[to - 1] : NULL;
        if (last != NULL &&
            bytes_compare(last->data, last->len, items[i].data, items[i].len) == 0)
            last->score = score_join(aggregate, last->score, items[i].score);
        else
            items[to++] = items[i];
    }
    return to;
}

/* Puts the list in order; what occurs several times is joined. */
static int list_arrange(struct scored *list, int aggregate) {
    if (list->count == 0) return FERRITE_OK;
    struct item *items = mem_alloc(list->count * sizeof *items);
    if (items == NULL) return error_nomem();
    for (size_t i = 0; i < list->count; i++) {
        ferrite_slice member = scored_member(list, i);
        items[i] = (struct item){member.data, member.len, i, list->places[i].score};
    }
    qsort(items, list->count, sizeof *items, compare_members);
    list->count = items_join(items, list->count, aggregate);
    qsort(items, list->count, sizeof *items, compare_scores);
    for (size_t i = 0; i < list->count; i++)
        list->places[i] = (struct scored_place){(size_t)(items[i].data - list->bytes),
                                                items[i].len, items[i].score};
    mem_free(items);
    return FERRITE_OK;
}

/* ---- intersection: through the smallest, asking the others ---- */

static int intersect_one(struct gathering *g, struct source *source, ferrite_slice member,
                         double score) {
    bool there = true;
    score = score_number(score * source->weight);
    for (size_t i = 1; i < g->count && there; i++) {
        double other;
        int code = source_look(&g->sources[i], member, &other, &there);
        if (code != FERRITE_OK) return code;
        if (there) score = score_join(g->aggregate, score, other * g->sources[i].weight);
    }
    return there ? gather_add(g, member, score) : FERRITE_OK;
}

/* ---- difference: through the first, asking the others ---- */

static int difference_one(struct gathering *g, struct source *source, ferrite_slice member,
                          double score) {
    (void)source;
    for (size_t i = 1; i < g->count; i++) {
        double other;
        bool there;
        int code = source_look(&g->sources[i], member, &other, &there);
        if (code != FERRITE_OK || there) return code;
    }
    return gather_add(g, member, score);
}

/* ---- all together ---- */

static int compare_sizes(const void *a, const void *b) {
    const struct source *x = a, *y = b;
    if (x->count != y->count) return x->count < y->count ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static int gather(struct gathering *g, int operation) {
    int code = FERRITE_OK;
    if (operation != FERRITE_ZDIFF)
        qsort(g->sources, g->count, sizeof *g->sources, compare_sizes);
    if (operation == FERRITE_ZINTER) return source_each(g, &g->sources[0], intersect_one);
    if (operation == FERRITE_ZDIFF) return source_each(g, &g->sources[0], difference_one);
    for (size_t i = 0; i < g->count && code == FERRITE_OK; i++)
        code = source_each(g, &g->sources[i], union_one);
    return code;
}

static int gather_keys(struct keyspace *ks, const struct zset_combination *combination,
                       struct gathering *g) {
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK || combination->key_count == 0) return code;
    g->sources = mem_alloc(combination->key_count * sizeof *g->sources);
    g->count = combination->key_count;
    g->aggregate = combination->aggregate;
    if (g->sources == NULL) return error_nomem();
    for (size_t i = 0; i < g->count && code == FERRITE_OK; i++) {
        g->sources[i].place = i;
        g->sources[i].weight = combination->weights != NULL ? combination->weights[i] : 1;
        code = source_read(ks, combination->keys[i], &g->sources[i]);
    }
    if (code == FERRITE_OK) code = gather(g, combination->operation);
    mem_free(g->sources);
    return code;
}

int zset_combine(struct keyspace *ks, const struct zset_combination *combination,
                 struct scored *out) {
    struct gathering g = {.out = out};
    int code = gather_keys(ks, combination, &g);
    return code == FERRITE_OK ? list_arrange(out, combination->aggregate) : code;
}

int zset_combine_store(struct keyspace *ks, const struct zset_combination *combination,
                       ferrite_slice to, uint64_t *count) {
    struct scored list;
    scored_init(&list);
    int code = zset_combine(ks, combination, &list);
    *count = list.count;
    if (code == FERRITE_OK) return zset_replace(ks, to, &list);
    scored_clear(&list);
    return code;
}

int zset_intersection_count(struct keyspace *ks, const ferrite_slice *keys, size_t key_count,
                            uint64_t limit, uint64_t *count) {
    const struct zset_combination combination = {
        .operation = FERRITE_ZINTER, .keys = keys, .key_count = key_count};
    struct gathering g = {.limit = limit};
    int code = gather_keys(ks, &combination, &g);
    *count = g.found;
    return code;
}
