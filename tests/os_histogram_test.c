/* os_histogram_test.c - buckets, quantiles, and additions from several threads. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#include "libferrite/os/histogram.h"

static struct histogram histogram;

Test(histogram, each_value_lies_in_its_bucket_and_in_no_other) {
    for (uint32_t i = 0; i + 1 < HISTOGRAM_BUCKETS; i++) {
        uint64_t end = histogram_bucket_end(i);
        cr_assert_eq(histogram_bucket(end), i, "end of %u", i);
        cr_assert_eq(histogram_bucket(end + 1), i + 1, "after %u", i);
    }
    cr_expect_eq(histogram_bucket(0), 0);
    cr_expect_eq(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
    cr_expect_eq(histogram_bucket_end(HISTOGRAM_BUCKETS - 1), UINT64_MAX);
}

Test(histogram, a_bucket_is_at_most_an_eighth_wide) {
    for (uint32_t i = 8; i + 1 < HISTOGRAM_BUCKETS; i++) {
        uint64_t begin = histogram_bucket_end(i - 1) + 1, end = histogram_bucket_end(i);
        cr_assert_leq((end - begin + 1) * 8, begin, "bucket %u", i);
    }
}

Test(histogram, quantiles_are_right_within_an_eighth) {
    for (uint64_t i = 1; i <= 10000; i++) histogram_add(&histogram, i);
    cr_expect_eq(histogram_count(&histogram), 10000);
    const struct {
        double part;
        uint64_t value;
    } wanted[] = {{0.5, 5000}, {0.99, 9900}, {0.999, 9990}, {1.0, 10000}, {0.0001, 1}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        uint64_t found = histogram_quantile(&histogram, wanted[i].part);
        cr_expect_geq(found, wanted[i].value);
        cr_expect_leq(found, wanted[i].value + wanted[i].value / 8 + 1);
    }
    cr_expect_leq(histogram_quantile(&histogram, 1), 10000, "not above the maximum");
    cr_expect_eq(atomic_load(&histogram.max), 10000);
    cr_expect_eq(atomic_load(&histogram.sum), 10000ull * 10001 / 2);
}

Test(histogram, empty_and_reset_ones_answer_0) {
    cr_expect_eq(histogram_quantile(&histogram, 0.5), 0);
    histogram_add(&histogram, 77);
    cr_expect_eq(histogram_quantile(&histogram, 0.5), 77);
    histogram_reset(&histogram);
    cr_expect_eq(histogram_count(&histogram), 0);
    cr_expect_eq(histogram_quantile(&histogram, 0.99), 0);
    cr_expect_eq(atomic_load(&histogram.max), 0);
}

Test(histogram, at_most_counts_whole_buckets) {
    for (uint64_t i = 1; i <= 1000; i++) histogram_add(&histogram, i * 1000);
    cr_expect_eq(histogram_at_most(&histogram, UINT64_MAX), 1000);
    cr_expect_eq(histogram_at_most(&histogram, 0), 0);
    uint64_t half = histogram_at_most(&histogram, 500000);
    cr_expect(half <= 500 && half >= 430, "%llu", (unsigned long long)half);
}

static void *add_many(void *arg) {
    for (uint64_t i = 0; i < 100000; i++) histogram_add(&histogram, i % 5000);
    return arg;
}

Test(histogram, additions_of_threads_are_all_counted) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, add_many, NULL);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    cr_expect_eq(histogram_count(&histogram), 400000);
    cr_expect_eq(atomic_load(&histogram.max), 4999);
}
