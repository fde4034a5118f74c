/*
 * footprint_test.c - the memory that a process with a database takes: ferrite-footprint, a tenth as large.
 */
#include "support/shell.h"

#include <criterion/criterion.h>

Test(footprint, memory_stays_within_its_bounds) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    cr_skip_test("sanitizers take memory of their own");
#endif
    char out[8192];
    int status = shell_run(out, sizeof out, "build/ferrite-footprint 100000");
    cr_expect_eq(status, 0, "%s", out);
}
