/*
 * fault_disk_test.c - on a full disk reads and deletes go on (E7).
 */
#include <criterion/criterion.h>

#include "../libferrite/ferrite.h"
#include "harness/full_disk.h"

static void fill_disk(uint32_t value_max, uint32_t keys) {
    for (int mode = FERRITE_SYNC_NORMAL; mode <= FERRITE_SYNC_FULL; mode++) {
        struct full_disk_plan plan = {
            .seed = (uint64_t)mode, .sync_mode = mode, .value_max = value_max, .keys = keys};
        cr_assert_eq(full_disk_run(&plan), 0);
    }
}

Test(fault_disk, small_values_can_be_read_and_deleted_on_a_full_disk) { fill_disk(100, 16000); }
Test(fault_disk, long_values_can_be_read_and_deleted_on_a_full_disk) { fill_disk(9000, 400); }
