/*
 * redis_replies.c - comparing replies. See redis_replies.h.
 */
#include "redis_replies.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void fill(ferrite_reply *out, const redisReply *reply) {
    static const struct {
        int theirs;
        ferrite_reply_type ours;
    } types[] = {
        {REDIS_REPLY_NIL, FERRITE_REPLY_NIL},       {REDIS_REPLY_STATUS, FERRITE_REPLY_STATUS},
        {REDIS_REPLY_ERROR, FERRITE_REPLY_ERROR},   {REDIS_REPLY_INTEGER, FERRITE_REPLY_INTEGER},
        {REDIS_REPLY_STRING, FERRITE_REPLY_STRING}, {REDIS_REPLY_ARRAY, FERRITE_REPLY_ARRAY}};
    *out = (ferrite_reply){.integer = reply->integer, .str = reply->str, .len = (size_t)reply->len};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].theirs == reply->type) out->type = types[i].ours;
    if (out->type != FERRITE_REPLY_INTEGER) out->integer = 0;
    if (reply->type != REDIS_REPLY_ARRAY) return;
    ferrite_reply *elements = calloc(reply->elements + 1, sizeof *elements);
    cr_assert_not_null(elements);
    for (size_t i = 0; i < reply->elements; i++) fill(&elements[i], reply->element[i]);
    out->count = reply->elements;
    out->elements = elements;
}

ferrite_reply *replies_convert(const redisReply *reply) {
    ferrite_reply *out = malloc(sizeof *out);
    cr_assert_not_null(out);
    fill(out, reply);
    return out;
}

static void empty(const ferrite_reply *reply) {
    if (reply->type != FERRITE_REPLY_ARRAY) return;
    for (size_t i = 0; i < reply->count; i++) empty(&reply->elements[i]);
    free((void *)reply->elements);
}

void replies_free(ferrite_reply *reply) {
    if (reply) empty(reply);
    free(reply);
}

static int order(const ferrite_reply *a, const ferrite_reply *b) {
    if (a->type != b->type) return a->type < b->type ? -1 : 1;
    if (a->type == FERRITE_REPLY_NIL) return 0;
    if (a->type == FERRITE_REPLY_INTEGER)
        return (a->integer > b->integer) - (a->integer < b->integer);
    if (a->type != FERRITE_REPLY_ARRAY) {
        size_t len = a->len < b->len ? a->len : b->len;
        int bytes = len ? memcmp(a->str, b->str, len) : 0;
        return bytes ? bytes : (a->len > b->len) - (a->len < b->len);
    }
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        int element = order(&a->elements[i], &b->elements[i]);
        if (element) return element;
    }
    return (a->count > b->count) - (a->count < b->count);
}

bool replies_same(const ferrite_reply *a, const ferrite_reply *b) { return order(a, b) == 0; }

static int order_one(const void *a, const void *b) { return order(a, b); }

static int order_pair(const void *a, const void *b) {
    const ferrite_reply *x = a, *y = b;
    int first = order(x, y);
    return first ? first : order(x + 1, y + 1);
}

/* The elements in order; *count shrinks when equal ones count once. */
static ferrite_reply *sorted(const ferrite_reply *reply, size_t unit, bool once, size_t *count) {
    ferrite_reply *all = malloc((reply->count + 1) * sizeof *all);
    size_t groups = reply->count / unit, kept = 0;
    cr_assert_not_null(all);
    if (reply->count) memcpy(all, reply->elements, reply->count * sizeof *all);
    qsort(all, groups, unit * sizeof *all, unit == 2 ? order_pair : order_one);
    for (size_t i = 0; i < groups; i++) {
        if (once && kept && order(&all[(kept - 1) * unit], &all[i * unit]) == 0) continue;
        memmove(&all[kept++ * unit], &all[i * unit], unit * sizeof *all);
    }
    *count = kept * unit;
    return all;
}

bool replies_same_elements(const ferrite_reply *a, const ferrite_reply *b, size_t unit, bool once) {
    if (a->type != FERRITE_REPLY_ARRAY || b->type != FERRITE_REPLY_ARRAY) return replies_same(a, b);
    ferrite_reply x = {.type = FERRITE_REPLY_ARRAY}, y = x;
    x.elements = sorted(a, unit, once, &x.count);
    y.elements = sorted(b, unit, once, &y.count);
    bool same = replies_same(&x, &y);
    free((void *)x.elements);
    free((void *)y.elements);
    return same;
}

bool replies_near(const ferrite_reply *a, const ferrite_reply *b, int64_t apart) {
    if (a->type != FERRITE_REPLY_INTEGER || b->type != FERRITE_REPLY_INTEGER || a->integer < 0 ||
        b->integer < 0)
        return replies_same(a, b);
    return llabs(a->integer - b->integer) <= apart;
}
