/*
 * sort.c - see sort.h. What the options mean in detail is Redis's.
 */
#define _GNU_SOURCE /* memmem */
#include "sort.h"

#include <math.h>
#include <stdlib.h>

#include "../os/mem.h"
#include "hash.h"
#include "list.h"
#include "mutate.h"
#include "number.h"
#include "set.h"
#include "string.h"
#include "zset.h"

/* An element with what it is compared by. */
struct item {
    ferrite_slice element;
    ferrite_slice text; /* ALPHA with BY; data NULL: there is none */
    double number;
    size_t place; /* as it came: keeps equal ones in order */
    bool descending;
};

struct sorting {
    struct keyspace *ks;
    const ferrite_sort_options *options;
    int type;
    bool alpha, by, sorts;
    ferrite_slice *elements, *texts; /* blocks */
    struct item *items;
    size_t count;
};

/* ---- patterns ---- */

/* A pattern taken apart: the key's parts around the element, and the field. */
struct pattern {
    bool element; /* "#": the element itself */
    bool fixed;   /* no asterisk: leads to nothing */
    ferrite_slice before, after, field;
};

static struct pattern pattern_parse(ferrite_slice text) {
    struct pattern pattern = {.element = text.len == 1 && text.data[0] == '#'};
    const char *star = text.len != 0 ? memchr(text.data, '*', text.len) : NULL;
    pattern.fixed = star == NULL;
    if (star == NULL) return pattern;
    const char *end = text.data + text.len;
    const char *arrow = memmem(star + 1, (size_t)(end - star - 1), "->", 2);
    if (arrow != NULL && arrow + 2 == end) arrow = NULL;
    pattern.before = (ferrite_slice){text.data, (size_t)(star - text.data)};
    pattern.after = (ferrite_slice){star + 1, (size_t)((arrow != NULL ? arrow : end) - star - 1)};
    if (arrow != NULL) pattern.field = (ferrite_slice){arrow + 2, (size_t)(end - arrow - 2)};
    return pattern;
}

static bool absent(int code) { return code == FERRITE_NOTFOUND || code == FERRITE_WRONGTYPE; }

static int add_string(struct keyspace *ks, ferrite_slice key, struct slices *out) {
    struct record record;
    char *room;
    int code = string_find(ks, key, &record);
    if (absent(code)) return slices_add_nil(out);
    uint64_t len;
    if (code == FERRITE_OK) code = string_size(ks, &record, &len);
    if (code == FERRITE_OK) code = slices_reserve(out, len, &room);
    return code == FERRITE_OK ? string_copy_to(ks, &record, 0, len, room) : code;
}

static int add_field(struct keyspace *ks, ferrite_slice key, ferrite_slice field,
                     struct slices *out) {
    int code = field.len <= FERRITE_KEY_MAX ? hash_get_many(ks, key, &field, 1, out)
                                         : FERRITE_NOTFOUND;
    return absent(code) ? slices_add_nil(out) : code;
}

/* What the pattern makes of the element, nil when that leads nowhere. */
static int pattern_add(struct keyspace *ks, const struct pattern *pattern, ferrite_slice element,
                       struct slices *out) {
    size_t len = pattern->before.len + element.len + pattern->after.len;
    if (pattern->element) return slices_add(out, element.data, element.len);
    if (pattern->fixed || len > FERRITE_KEY_MAX) return slices_add_nil(out);
    char held[256], *key = len <= sizeof held ? held : mem_alloc(len);
    if (key == NULL) return error_nomem();
    const ferrite_slice parts[] = {pattern->before, element, pattern->after};
    char *at = key;
    for (int i = 0; i < 3; at += parts[i].len, i++)
        if (parts[i].len != 0) memcpy(at, parts[i].data, parts[i].len);
    int code = pattern->field.data != NULL
                   ? add_field(ks, (ferrite_slice){key, len}, pattern->field, out)
                   : add_string(ks, (ferrite_slice){key, len}, out);
    if (key != held) mem_free(key);
    return code;
}

/* ---- the elements ---- */

static int zset_elements(struct sorting *s, ferrite_slice key, struct slices *out) {
    const ferrite_zspan whole = FERRITE_ZSPAN_INIT;
    struct scored list;
    scored_init(&list);
    int code = zset_list(s->ks, key, &whole, &list);
    for (size_t i = 0; i < list.count && code == FERRITE_OK; i++) {
        ferrite_slice member = scored_member(&list, i);
        code = slices_add(out, member.data, member.len);
    }
    scored_clear(&list);
    return code;
}

static int elements_read(struct sorting *s, ferrite_slice key) {
    struct record record;
    struct slices list = {0};
    int code = keyspace_get(s->ks, key.data, key.len, &record);
    s->type = code == FERRITE_OK ? record_type(&record) : FERRITE_TYPE_NONE;
    if (code == FERRITE_NOTFOUND)
        code = FERRITE_OK;
    else if (s->type == FERRITE_TYPE_LIST)
        code = list_range(s->ks, key, 0, -1, &list);
    else if (s->type == FERRITE_TYPE_SET)
        code = set_list(s->ks, key, &list);
    else if (code == FERRITE_OK)
        code = zset_elements(s, key, &list); /* WRONGTYPE for all others */
    if (code == FERRITE_OK) return slices_finish(&list, &s->elements, &s->count);
    slices_clear(&list);
    return code;
}

/* ---- what they are compared by ---- */

static int texts_read(struct sorting *s) {
    const struct pattern by = pattern_parse(s->options->by);
    struct slices list = {0};
    size_t count;
    int code = FERRITE_OK;
    for (size_t i = 0; i < s->count && code == FERRITE_OK; i++)
        code = pattern_add(s->ks, &by, s->elements[i], &list);
    if (code == FERRITE_OK) return slices_finish(&list, &s->texts, &count);
    slices_clear(&list);
    return code;
}

/* No text counts as 0, and so does an empty one. */
static int item_number(struct item *item, ferrite_slice text) {
    long double number = 0;
    while (text.len > 0 && text.data[0] == ' ') text.data++, text.len--;
    bool valid = text.len == 0 || number_parse_float(text.data, text.len, &number);
    if (!valid || (isinf((double)number) && !isinf(number)))
        return error_set(FERRITE_RANGE, "ERR One or more scores can't be converted into double");
    item->number = (double)number;
    return FERRITE_OK;
}

static int items_make(struct sorting *s) {
    int code = s->by ? texts_read(s) : FERRITE_OK;
    s->items = mem_alloc((s->count + 1) * sizeof *s->items);
    if (s->items == NULL) return error_nomem();
    for (size_t i = 0; i < s->count && code == FERRITE_OK; i++) {
        struct item *item = &s->items[i];
        *item = (struct item){.element = s->elements[i], .place = i};
        item->descending = (s->options->flags & FERRITE_SORT_DESC) != 0;
        item->text = s->by ? s->texts[i] : s->elements[i];
        if (s->sorts && !s->alpha) code = item_number(item, item->text);
    }
    return code;
}

/* ---- order ---- */

static int in_order(const struct item *x, const struct item *y, int order) {
    if (order != 0) return x->descending ? -order : order;
    return (x->place > y->place) - (x->place < y->place);
}

static int compare_texts(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    int order = x->text.data == NULL || y->text.data == NULL
                    ? (x->text.data != NULL) - (y->text.data != NULL)
                    : bytes_compare(x->text.data, x->text.len, y->text.data, y->text.len);
    return in_order(x, y, order);
}

static int compare_numbers(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    int order = (x->number > y->number) - (x->number < y->number);
    if (order == 0)
        order = bytes_compare(x->element.data, x->element.len, y->element.data, y->element.len);
    return in_order(x, y, order);
}

static void items_reverse(struct sorting *s) {
    for (size_t i = 0; i < s->count / 2; i++) {
        struct item kept = s->items[i];
        s->items[i] = s->items[s->count - 1 - i];
        s->items[s->count - 1 - i] = kept;
    }
}

static void items_arrange(struct sorting *s) {
    if (s->sorts)
        qsort(s->items, s->count, sizeof *s->items, s->alpha ? compare_texts : compare_numbers);
    else if (s->options->flags & FERRITE_SORT_DESC)
        items_reverse(s);
}

/* ---- the answer ---- */

static int item_add(struct sorting *s, const struct item *item, struct slices *out) {
    const ferrite_sort_options *options = s->options;
    if (options->get_count == 0) return slices_add(out, item->element.data, item->element.len);
    int code = FERRITE_OK;
    for (size_t i = 0; i < options->get_count && code == FERRITE_OK; i++) {
        const struct pattern get = pattern_parse(options->get[i]);
        code = pattern_add(s->ks, &get, item->element, out);
    }
    return code;
}

static int items_answer(struct sorting *s, struct slices *out) {
    size_t skip = s->options->offset > 0 ? (size_t)s->options->offset : 0;
    if (skip > s->count) skip = s->count;
    size_t take = s->count - skip;
    if (s->options->limit >= 0 && (uint64_t)s->options->limit < take)
        take = (size_t)s->options->limit;
    int code = FERRITE_OK;
    for (size_t i = 0; i < take && code == FERRITE_OK; i++)
        code = item_add(s, &s->items[skip + i], out);
    return code;
}

static int sort_run(struct keyspace *ks, ferrite_slice key, const ferrite_sort_options *options,
                    bool stores, struct slices *out) {
    struct sorting s = {.ks = ks, .options = options};
    bool given = options->by.data != NULL;
    bool pattern = given && options->by.len != 0 && memchr(options->by.data, '*', options->by.len);
    s.sorts = !given || pattern;
    s.by = pattern;
    s.alpha = (options->flags & FERRITE_SORT_ALPHA) != 0;
    int code = elements_read(&s, key);
    /* What is stored of a set has some order in any case. */
    if (!s.sorts && stores && s.type == FERRITE_TYPE_SET) s.sorts = s.alpha = true;
    if (code == FERRITE_OK) code = items_make(&s);
    if (code == FERRITE_OK) items_arrange(&s);
    if (code == FERRITE_OK) code = items_answer(&s, out);
    mem_free(s.items);
    mem_free(s.texts);
    mem_free(s.elements);
    return code;
}

int sort_list(struct keyspace *ks, ferrite_slice key, const ferrite_sort_options *options,
              struct slices *out) {
    return sort_run(ks, key, options, false, out);
}

int sort_store(struct keyspace *ks, ferrite_slice key, const ferrite_sort_options *options,
               ferrite_slice to, uint64_t *count) {
    struct slices list = {0};
    ferrite_slice *elements = NULL;
    size_t listed = 0;
    bool deleted;
    int code = sort_run(ks, key, options, true, &list);
    if (code == FERRITE_OK) code = slices_finish(&list, &elements, &listed);
    slices_clear(&list);
    for (size_t i = 0; i < listed; i++)
        if (elements[i].data == NULL) elements[i].data = "";
    if (code == FERRITE_OK) code = mutate_delete_blind(ks, to.data, to.len, &deleted);
    *count = 0;
    if (code == FERRITE_OK && listed != 0)
        code = list_push(ks, to, FERRITE_RIGHT, false, elements, listed, count);
    mem_free(elements);
    return code;
}
