/*
 * mem.h - the library's memory allocator: malloc behind a seam.
 *
 * All of the library allocates through these functions and never calls malloc
 * itself, so that a test can fail the n-th allocation. What is handed to users
 * is freed by ferrite_free, which is mem_free. Any thread.
 */
#ifndef FERRITE_OS_MEM_H
#define FERRITE_OS_MEM_H

#include <stddef.h>

/* NULL in production. In tests: called before each allocation; nonzero makes it fail. */
extern int (*mem_fail_hook)(size_t size);

void *mem_alloc(size_t size);  /* never NULL for size 0; uninitialised */
void *mem_calloc(size_t size); /* zeroed */
void *mem_realloc(void *block, size_t size); /* on failure NULL and block stays */
void *mem_dup(const void *data, size_t len); /* copy of len bytes plus a terminating NUL */
char *mem_join(const char *head, const char *tail); /* both strings as one */
void mem_free(void *block);

#endif
