/* types_slices_test.c - lists of strings that become one block. */
#include <criterion/criterion.h>
#include <string.h>

#include "libferrite/error.h"
#include "libferrite/os/mem.h"
#include "libferrite/types/slices.h"
#include "support/memory_rounds.h"

Test(slices, one_block_with_all_of_it) {
    struct slices list = {0};
    ferrite_slice *out;
    size_t count;
    cr_assert_eq(slices_add(&list, "one", 3), FERRITE_OK);
    cr_assert_eq(slices_add_nil(&list), FERRITE_OK);
    cr_assert_eq(slices_add(&list, NULL, 0), FERRITE_OK);
    for (int i = 0; i < 1000; i++) cr_assert_eq(slices_add(&list, &i, sizeof i), FERRITE_OK);
    cr_assert_eq(slices_finish(&list, &out, &count), FERRITE_OK);
    cr_expect_eq(count, 1003);
    cr_expect_str_eq(out[0].data, "one");
    cr_expect_null(out[1].data);
    cr_expect_not_null(out[2].data);
    cr_expect_eq(out[2].len, 0);
    int last;
    memcpy(&last, out[1002].data, sizeof last);
    cr_expect_eq(last, 999);
    mem_free(out);
}

Test(slices, nothing_is_a_block_too) {
    struct slices list = {0};
    ferrite_slice *out = NULL;
    size_t count = 1;
    cr_assert_eq(slices_finish(&list, &out, &count), FERRITE_OK);
    cr_expect_not_null(out);
    cr_expect_eq(count, 0);
    mem_free(out);
}

Test(slices, without_memory_nothing_leaks) {
    for (int fail = 0; fail < 6; fail++) {
        struct slices list = {0};
        ferrite_slice *out = NULL;
        size_t count;
        memory_fail(fail);
        int code = slices_add(&list, "some text that is not so short", 30);
        for (int i = 0; i < 100 && code == FERRITE_OK; i++) code = slices_add(&list, "x", 1);
        if (code == FERRITE_OK) code = slices_finish(&list, &out, &count);
        (void)memory_failed();
        slices_clear(&list);
        cr_expect(code == FERRITE_OK || code == FERRITE_NOMEM);
        cr_expect_eq(code == FERRITE_OK, out != NULL);
        mem_free(out);
    }
}
