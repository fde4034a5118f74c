/* error_test.c - explanations kept per thread, and error objects. */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "libferrite/error.h"
#include "libferrite/os/mem.h"

Test(error, explanation_is_kept_for_its_code) {
    cr_assert_eq(error_set(FERRITE_CORRUPT, "page %u: %s", 7u, "bad"), FERRITE_CORRUPT);
    cr_expect_str_eq(error_text(FERRITE_CORRUPT), "page 7: bad");
}

Test(error, another_code_gets_its_standard_text) {
    error_set(FERRITE_CORRUPT, "page 7");
    cr_expect_str_eq(error_text(FERRITE_BUSY), "the database is in use");
    cr_expect_str_eq(error_text(999), "unknown error");
}

Test(error, system_errors_become_codes_with_the_systems_reason) {
    cr_expect_eq(error_set_errno(ENOSPC, "cannot write %s", "x"), FERRITE_FULL);
    cr_expect_str_eq(error_text(FERRITE_FULL), "cannot write x: No space left on device");
    cr_expect_eq(error_set_errno(EDQUOT, "x"), FERRITE_FULL);
    cr_expect_eq(error_set_errno(EFBIG, "x"), FERRITE_FULL);
    cr_expect_eq(error_set_errno(ENOMEM, "x"), FERRITE_NOMEM);
    cr_expect_eq(error_set_errno(EIO, "x"), FERRITE_IO);
}

Test(error, long_explanation_is_cut) {
    char longer[2000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    error_set(FERRITE_IO, "%s", longer);
    cr_expect_eq(strlen(error_text(FERRITE_IO)), 511);
    error_set_errno(EIO, "%s", longer);
    cr_expect_eq(strlen(error_text(FERRITE_IO)), 511);
}

Test(error, explanation_can_quote_the_one_before) {
    error_set(FERRITE_IO, "disk");
    error_set(FERRITE_IO, "opening: %s", error_text(FERRITE_IO));
    cr_expect_str_eq(error_text(FERRITE_IO), "opening: disk");
}

Test(error, kept_explanation_outlives_what_is_done_meanwhile) {
    const struct error_kept kept = error_keep(error_set(FERRITE_IO, "disk")), none = error_keep(FERRITE_OK);
    error_set(FERRITE_IO, "the close failed too");
    cr_expect_eq(error_restore(&none), FERRITE_OK);
    cr_expect_str_eq(error_text(FERRITE_IO), "the close failed too");
    cr_expect_eq(error_restore(&kept), FERRITE_IO);
    cr_expect_str_eq(error_text(FERRITE_IO), "disk");
}

static void *explain_elsewhere(void *unused) {
    (void)unused;
    error_set(FERRITE_IO, "other thread");
    return NULL;
}

Test(error, explanations_of_threads_are_apart) {
    pthread_t thread;
    error_set(FERRITE_IO, "this thread");
    cr_assert_eq(pthread_create(&thread, NULL, explain_elsewhere, NULL), 0);
    pthread_join(thread, NULL);
    cr_expect_str_eq(error_text(FERRITE_IO), "this thread");
}

Test(error, object_carries_code_and_text) {
    ferrite_error *err = NULL;
    error_set(FERRITE_FULL, "no room");
    cr_assert_eq(error_give(&err, FERRITE_FULL), -1);
    cr_expect_eq(ferrite_error_code(err), FERRITE_FULL);
    cr_expect_str_eq(ferrite_error_message(err), "no room");
    ferrite_error_free(err);
}

Test(error, first_error_stays) {
    ferrite_error *err = NULL;
    error_give(&err, FERRITE_FULL);
    error_give(&err, FERRITE_IO);
    cr_expect_eq(ferrite_error_code(err), FERRITE_FULL);
    ferrite_error_free(err);
    cr_expect_eq(error_give(NULL, FERRITE_IO), -1);
}

static int refuse(size_t size) {
    (void)size;
    return 1;
}

Test(error, without_memory_a_static_object_is_given) {
    ferrite_error *err = NULL;
    mem_fail_hook = refuse;
    error_give(&err, FERRITE_IO);
    mem_fail_hook = NULL;
    cr_assert_not_null(err);
    cr_expect_eq(ferrite_error_code(err), FERRITE_NOMEM);
    cr_expect_str_eq(ferrite_error_message(err), "out of memory");
    ferrite_error_free(err);
    ferrite_error_free(err);
}

Test(error, null_is_harmless) {
    ferrite_error_free(NULL);
    cr_expect_eq(ferrite_error_code(NULL), FERRITE_OK);
    cr_expect_not_null(ferrite_error_message(NULL));
}
