/* os_mem_test.c - the allocator and its seam. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "libferrite/os/mem.h"

static size_t asked;

static int refuse_large(size_t size) {
    asked = size;
    return size > 100;
}

Test(mem, nothing_is_still_a_block) {
    void *block = mem_alloc(0), *zeroed = mem_calloc(0);
    cr_expect_not_null(block);
    cr_expect_not_null(zeroed);
    mem_free(block);
    mem_free(zeroed);
    mem_free(NULL);
}

Test(mem, copy_ends_with_a_nul) {
    char *copy = mem_dup("ab\0cd", 5);
    cr_expect_arr_eq(copy, "ab\0cd", 6);
    mem_free(copy);
    copy = mem_dup(NULL, 0);
    cr_expect_str_eq(copy, "");
    mem_free(copy);
    cr_expect_null(mem_dup("x", SIZE_MAX));
}

Test(mem, two_strings_become_one) {
    char *joined = mem_join("app.ferrite", "-wal"), *copy = mem_join("app.ferrite", "");
    cr_expect_str_eq(joined, "app.ferrite-wal");
    cr_expect_str_eq(copy, "app.ferrite");
    mem_free(joined);
    mem_free(copy);
}

Test(mem, hook_fails_what_it_chooses) {
    mem_fail_hook = refuse_large;
    char *block = mem_calloc(50);
    cr_assert_not_null(block);
    cr_expect_eq(asked, 50);
    cr_expect_null(mem_alloc(101));
    cr_expect_null(mem_calloc(101));
    cr_expect_null(mem_dup("x", 101));
    cr_expect_null(mem_realloc(block, 101));
    cr_expect_eq(block[49], 0, "the block stays");
    mem_fail_hook = NULL;
    mem_free(block);
}
