/*
 * reply.c - building the reply of a command. See reply.h.
 *
 * The finished block is: the root, then every array's elements side by side, then all bytes.
 */
#include "reply.h"

#include "../os/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct reply_node {
    ferrite_reply_type type;
    bool in_text; /* the bytes are in reply->text, from `at` */
    int64_t integer;
    const char *data;
    size_t at;
    size_t len;   /* bytes */
    size_t count; /* elements */
};

/* Makes room for one more of `size` bytes; false: no memory. */
static bool grow(struct reply *reply, void *array, size_t *cap, size_t needed, size_t size) {
    if (reply->no_memory) return false;
    if (needed <= *cap) return true;
    size_t wanted = *cap < 8 ? 8 : *cap * 2;
    if (wanted < needed) wanted = needed;
    void *old, *grown;
    memcpy(&old, array, sizeof old);
    if (wanted > SIZE_MAX / size || !(grown = mem_realloc(old, wanted * size))) {
        reply->no_memory = true;
        return false;
    }
    memcpy(array, &grown, sizeof grown);
    *cap = wanted;
    return true;
}

static struct reply_node *add_node(struct reply *reply, ferrite_reply_type type) {
    if (!grow(reply, &reply->nodes, &reply->cap, reply->count + 1, sizeof *reply->nodes))
        return NULL;
    struct reply_node *node = &reply->nodes[reply->count++];
    *node = (struct reply_node){.type = type};
    return node;
}

static void add_copy(struct reply *reply, ferrite_reply_type type, const char *data, size_t len) {
    if (!grow(reply, &reply->text, &reply->text_cap, reply->text_len + len, 1)) return;
    struct reply_node *node = add_node(reply, type);
    if (!node) return;
    node->in_text = true;
    node->at = reply->text_len;
    node->len = len;
    if (len) memcpy(reply->text + reply->text_len, data, len);
    reply->text_len += len;
}

void reply_nil(struct reply *reply) { add_node(reply, FERRITE_REPLY_NIL); }

void reply_integer(struct reply *reply, int64_t value) {
    struct reply_node *node = add_node(reply, FERRITE_REPLY_INTEGER);
    if (node) node->integer = value;
}

static void add_borrowed(struct reply *reply, ferrite_reply_type type, const char *data,
                         size_t len) {
    struct reply_node *node = add_node(reply, type);
    if (!node) return;
    node->data = data;
    node->len = len;
}

void reply_status(struct reply *reply, const char *text) {
    add_borrowed(reply, FERRITE_REPLY_STATUS, text, strlen(text));
}

void reply_status_copy(struct reply *reply, const char *text, size_t len) {
    add_copy(reply, FERRITE_REPLY_STATUS, text, len);
}

void reply_error(struct reply *reply, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    reply_error_text(reply, text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
}

void reply_error_text(struct reply *reply, const char *text, size_t len) {
    size_t start = reply->text_len;
    add_copy(reply, FERRITE_REPLY_ERROR, text, len);
    for (size_t i = start; i < reply->text_len; i++)
        if (reply->text[i] == '\r' || reply->text[i] == '\n') reply->text[i] = ' ';
}

void reply_string(struct reply *reply, const char *data, size_t len) {
    add_copy(reply, FERRITE_REPLY_STRING, data, len);
}

void reply_text(struct reply *reply, const char *text) {
    add_borrowed(reply, FERRITE_REPLY_STRING, text, strlen(text));
}

void reply_borrow(struct reply *reply, const char *data, size_t len) {
    if (data)
        add_borrowed(reply, FERRITE_REPLY_STRING, data, len);
    else
        reply_nil(reply);
}

void reply_take(struct reply *reply, char *block, size_t len) {
    reply_borrow(reply, block, len);
    reply_own(reply, block);
}

void reply_own(struct reply *reply, void *block) {
    if (!block) return;
    if (grow(reply, &reply->owned, &reply->owned_cap, reply->owned_count + 1, sizeof(void *)))
        reply->owned[reply->owned_count++] = block;
    else
        ferrite_free(block);
}

size_t reply_array(struct reply *reply, size_t count) {
    struct reply_node *node = add_node(reply, FERRITE_REPLY_ARRAY);
    if (!node) return 0;
    node->count = count;
    return reply->count - 1;
}

void reply_array_count(struct reply *reply, size_t place, size_t count) {
    if (!reply->no_memory) reply->nodes[place].count = count;
}

struct reply_mark reply_mark(const struct reply *reply) {
    return (struct reply_mark){reply->count, reply->text_len};
}

void reply_reset(struct reply *reply, struct reply_mark mark) {
    reply->count = mark.count;
    reply->text_len = mark.text_len;
}

bool reply_is_error(const struct reply *reply, struct reply_mark since) {
    return reply->count > since.count && reply->nodes[since.count].type == FERRITE_REPLY_ERROR;
}

/* ---- the one block ---- */

struct layout {
    const struct reply *reply;
    size_t node;         /* the next to be placed */
    ferrite_reply *free; /* where the next array's elements go */
    char *bytes;         /* where the next string goes */
};

static const char *place_bytes(struct layout *layout, const struct reply_node *node) {
    char *place = layout->bytes;
    if (node->len)
        memcpy(place, node->in_text ? layout->reply->text + node->at : node->data, node->len);
    place[node->len] = 0;
    layout->bytes += node->len + 1;
    return place;
}

/* Recursion is as deep as a handler nests arrays, which no input decides. */
static void place_node(struct layout *layout, ferrite_reply *place) {
    const struct reply_node *node = &layout->reply->nodes[layout->node++];
    *place = (ferrite_reply){.type = node->type, .integer = node->integer};
    if (node->type == FERRITE_REPLY_ARRAY) {
        ferrite_reply *elements = layout->free;
        layout->free += node->count;
        place->count = node->count;
        place->elements = elements;
        for (size_t i = 0; i < node->count; i++) place_node(layout, &elements[i]);
    } else if (node->type != FERRITE_REPLY_NIL && node->type != FERRITE_REPLY_INTEGER) {
        place->str = place_bytes(layout, node);
        place->len = node->len;
    }
}

ferrite_reply *reply_finish(struct reply *reply) {
    ferrite_reply *block = NULL;
    size_t bytes = 0;
    for (size_t i = 0; i < reply->count; i++) bytes += reply->nodes[i].len + 1;
    if (!reply->no_memory) block = mem_alloc(reply->count * sizeof *block + bytes);
    if (block) {
        struct layout layout = {reply, 0, block + 1, (char *)(block + reply->count)};
        place_node(&layout, block);
    }
    reply_discard(reply);
    return block;
}

void reply_discard(struct reply *reply) {
    for (size_t i = 0; i < reply->owned_count; i++) ferrite_free(reply->owned[i]);
    mem_free(reply->owned);
    mem_free(reply->nodes);
    mem_free(reply->text);
    *reply = (struct reply)REPLY_INIT;
}
