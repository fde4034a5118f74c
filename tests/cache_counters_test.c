/* cache_counters_test.c - stripes of counts: exact sums, and a stripe of its own for each thread that lives. */
#include <criterion/criterion.h>
#include <pthread.h>

#include "libferrite/cache/counters.h"

#define AT_ONCE (COUNTER_STRIPES + 8)

static struct counters counters;
static pthread_barrier_t all_counted;

TestSuite(cache_counters);

static void *count_alone(void *stripe) {
    for (int i = 0; i < 100; i++) counters_add(&counters, COUNT_CACHE_HITS);
    *(uint32_t *)stripe = counters_stripe();
    return NULL;
}

static void *count_among_many(void *stripe) {
    count_alone(stripe);
    pthread_barrier_wait(&all_counted);
    return NULL;
}

static pthread_t begin(void *(*work)(void *), uint32_t *stripe) {
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, work, stripe), 0);
    return thread;
}

Test(cache_counters, threads_one_after_another_never_have_to_share) {
    for (int i = 0; i < 200; i++) {
        uint32_t stripe = COUNTER_STRIPES;
        pthread_join(begin(count_alone, &stripe), NULL);
        cr_assert_lt(stripe, COUNTER_STRIPES - 1, "thread %d", i);
    }
    cr_expect_eq(counters_sum(&counters, COUNT_CACHE_HITS), 200 * 100);
}

Test(cache_counters, more_threads_than_stripes_share_the_last_one_and_no_count_is_lost) {
    pthread_t threads[AT_ONCE];
    uint32_t stripes[AT_ONCE], owners[COUNTER_STRIPES] = {0};
    pthread_barrier_init(&all_counted, NULL, AT_ONCE);
    for (uint32_t i = 0; i < AT_ONCE; i++) threads[i] = begin(count_among_many, &stripes[i]);
    for (uint32_t i = 0; i < AT_ONCE; i++) pthread_join(threads[i], NULL);
    for (uint32_t i = 0; i < AT_ONCE; i++) owners[stripes[i]]++;
    for (uint32_t i = 0; i < COUNTER_STRIPES - 1; i++) cr_expect_leq(owners[i], 1, "stripe %u", i);
    cr_expect_geq(owners[COUNTER_STRIPES - 1], AT_ONCE - (COUNTER_STRIPES - 1));
    cr_expect_eq(counters_sum(&counters, COUNT_CACHE_HITS), AT_ONCE * 100);
    uint32_t stripe = COUNTER_STRIPES;
    pthread_join(begin(count_alone, &stripe), NULL);
    cr_expect_lt(stripe, COUNTER_STRIPES - 1, "stripes come back");
    pthread_barrier_destroy(&all_counted);
}
