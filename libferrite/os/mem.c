/*
 * mem.c - malloc behind a seam. Called by every layer. Any thread.
 */
#include "mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int (*mem_fail_hook)(size_t size);

static int mem_refused(size_t size) {
    return __builtin_expect(mem_fail_hook != NULL, 0) && mem_fail_hook(size);
}

void *mem_alloc(size_t size) {
    if (mem_refused(size)) return NULL;
    return malloc(size != 0 ? size : 1);
}

void *mem_calloc(size_t size) {
    if (mem_refused(size)) return NULL;
    return calloc(1, size != 0 ? size : 1);
}

void *mem_realloc(void *block, size_t size) {
    if (mem_refused(size)) return NULL;
    return realloc(block, size != 0 ? size : 1);
}

void *mem_dup(const void *data, size_t len) {
    if (len == SIZE_MAX) return NULL;
    char *copy = mem_alloc(len + 1);
    if (copy == NULL) return NULL;
    if (len != 0) memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}

char *mem_join(const char *head, const char *tail) {
    const size_t head_len = strlen(head), tail_size = strlen(tail) + 1;
    char *joined = mem_alloc(head_len + tail_size);
    if (joined == NULL) return NULL;
    memcpy(joined, head, head_len);
    memcpy(joined + head_len, tail, tail_size);
    return joined;
}

void mem_free(void *block) { free(block); }
