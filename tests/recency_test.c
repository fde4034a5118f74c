/*
 * recency_test.c - cache/recency.h: which keys are colder than which, whatever the table goes through.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>

#include "libferrite/cache/recency.h"
#include "support/clock.h"
#include "support/sim_os.h"

static struct recency table_of(enum recency_kind kind) {
    struct recency table;
    struct recency_clock clock = {clock_now, NULL};
    cr_assert_eq(recency_init(&table, os_default(), kind, &clock), 0);
    table.seed = 1; /* by chance two of some hundred keys may share a tag, and then a mark */
    return table;
}

static uint64_t hash_of(const struct recency *table, unsigned number) {
    char key[32];
    int len = snprintf(key, sizeof key, "key:%u", number);
    return recency_hash(table, 0, key, (size_t)len);
}

Test(recency, a_key_used_later_is_warmer) {
    struct recency table = table_of(RECENCY_LRU);
    for (unsigned i = 0; i < 300; i++) recency_note(&table, hash_of(&table, i));
    recency_note(&table, hash_of(&table, 7));
    for (unsigned i = 1; i < 300; i++)
        if (i != 7 && i != 8)
            cr_expect_gt(recency_warmth(&table, hash_of(&table, i)),
                         recency_warmth(&table, hash_of(&table, i - 1)));
    cr_expect_gt(recency_warmth(&table, hash_of(&table, 7)),
                 recency_warmth(&table, hash_of(&table, 299)));
    cr_expect_eq(recency_warmth(&table, hash_of(&table, 1000)), RECENCY_UNKNOWN);
    recency_forget(&table, hash_of(&table, 7));
    cr_expect_eq(recency_warmth(&table, hash_of(&table, 7)), RECENCY_UNKNOWN);
    recency_done(&table);
}

Test(recency, marks_survive_the_growth_of_the_table) {
    struct recency table = table_of(RECENCY_LFU);
    for (unsigned i = 0; i < 500; i++)
        for (unsigned uses = 0; uses < 3; uses++) recency_note(&table, hash_of(&table, i));
    uint64_t before = recency_bytes(&table);
    recency_reserve(&table, 100000);
    cr_expect_gt(recency_bytes(&table), 64 * before);
    unsigned known = 0;
    for (unsigned i = 0; i < 500; i++) {
        known += recency_count(&table, hash_of(&table, i)) >= 5;
        recency_note(&table, hash_of(&table, i));
    }
    cr_expect_gt(known, 470);
    recency_done(&table);
}

static unsigned count_known(const struct recency *table, unsigned keys) {
    unsigned known = 0;
    for (unsigned i = 0; i < keys; i++) known += recency_count(table, hash_of(table, i)) >= 5;
    return known;
}

Test(recency, what_was_not_used_while_the_table_grew_time_and_again_is_forgotten) {
    struct recency table = table_of(RECENCY_LFU);
    for (unsigned i = 0; i < 500; i++) recency_note(&table, hash_of(&table, i));
    for (unsigned keys = 1000; keys < 1000u << RECENCY_FORMERS; keys *= 2) {
        recency_reserve(&table, keys);
        cr_expect_gt(count_known(&table, 500), 470, "%u", keys);
    }
    recency_reserve(&table, 1000u << RECENCY_FORMERS);
    cr_expect_lt(count_known(&table, 500), 300); /* half of them are where the next size would have them */
    recency_done(&table);
}

Test(recency, a_table_too_small_forgets_the_coldest) {
    struct recency table = table_of(RECENCY_LRU);
    for (unsigned i = 0; i < 20000; i++) recency_note(&table, hash_of(&table, i));
    unsigned known = 0;
    for (unsigned i = 19700; i < 20000; i++)
        known += recency_warmth(&table, hash_of(&table, i)) != RECENCY_UNKNOWN;
    cr_expect_gt(known, 290);
    for (unsigned i = 0; i < 10000; i++) /* (a few are taken for others) */
        known -= recency_warmth(&table, hash_of(&table, i)) != RECENCY_UNKNOWN;
    cr_expect_gt(known, 260);
    recency_done(&table);
}

Test(recency, marks_older_than_their_range_are_forgotten_not_taken_for_new) {
    struct recency table = table_of(RECENCY_LRU);
    recency_note(&table, hash_of(&table, 1));
    for (unsigned i = 0; i < 200000; i++) {
        recency_note(&table, hash_of(&table, 2));
        uint64_t old = recency_warmth(&table, hash_of(&table, 1));
        cr_assert_lt(old, recency_warmth(&table, hash_of(&table, 2)));
    }
    cr_expect_eq(recency_warmth(&table, hash_of(&table, 1)), RECENCY_UNKNOWN);
    recency_done(&table);
}

Test(recency, idle_time_is_that_since_the_last_use) {
    struct recency table = table_of(RECENCY_LRU);
    recency_note(&table, hash_of(&table, 1));
    now_ms += 60000;
    recency_note(&table, hash_of(&table, 2));
    now_ms += 5000;
    recency_note(&table, hash_of(&table, 3));
    int64_t first = recency_idle_ms(&table, hash_of(&table, 1));
    int64_t second = recency_idle_ms(&table, hash_of(&table, 2));
    cr_expect(first >= 64000 && first <= 66000, "%lld", (long long)first);
    cr_expect(second >= 4000 && second <= 6000, "%lld", (long long)second);
    cr_expect_gt(first, second);
    for (int i = 0; i < 1000; i++) {
        now_ms += 2000;
        recency_note(&table, hash_of(&table, 4));
    }
    first = recency_idle_ms(&table, hash_of(&table, 1));
    cr_expect(first > 1900000 && first < 2300000, "%lld", (long long)first);
    recency_done(&table);
}

Test(recency, counts_grow_with_the_logarithm_and_fall_by_the_minute) {
    struct recency table = table_of(RECENCY_LFU);
    recency_note(&table, hash_of(&table, 1));
    cr_expect_eq(recency_count(&table, hash_of(&table, 1)), 5);
    for (unsigned i = 0; i < 1000; i++) recency_note(&table, hash_of(&table, 1));
    unsigned high = recency_count(&table, hash_of(&table, 1));
    cr_expect(high >= 10 && high <= 30, "%u", high);
    now_ms += 3 * 60000;
    for (unsigned i = 0; i < 100; i++) recency_note(&table, hash_of(&table, 2));
    cr_expect_eq(recency_count(&table, hash_of(&table, 1)), high - 3);
    now_ms += 500 * 60000ll;
    for (unsigned i = 0; i < 100; i++) recency_note(&table, hash_of(&table, 2));
    cr_expect_eq(recency_count(&table, hash_of(&table, 1)), 0);
    now_ms -= 100 * 60000ll;
    unsigned other = recency_count(&table, hash_of(&table, 2));
    for (unsigned i = 0; i < 100; i++) recency_note(&table, hash_of(&table, 3));
    cr_expect_eq(recency_count(&table, hash_of(&table, 2)), other);
    recency_done(&table);
}

Test(recency, the_other_way_of_counting_begins_anew) {
    struct recency table = table_of(RECENCY_LRU);
    recency_note(&table, hash_of(&table, 1));
    recency_switch(&table, RECENCY_LRU);
    cr_expect_neq(recency_warmth(&table, hash_of(&table, 1)), RECENCY_UNKNOWN);
    recency_switch(&table, RECENCY_LFU);
    cr_expect_eq(recency_warmth(&table, hash_of(&table, 1)), RECENCY_UNKNOWN);
    recency_done(&table);
}

/* Half the range, and half of that, until the system agrees; without any, and without random numbers, there is no
 * table, and what is there can be done with. */
Test(recency, without_address_space_or_random_numbers_it_says_so) {
    static const uint32_t calls[] = {SIM_RESERVE, SIM_RANDOM};
    const struct recency_clock clock = {clock_now, NULL};
    struct sim *sim = sim_new();
    struct recency table;
    for (size_t i = 0; i < 2; i++) {
        const struct sim_fault always = {calls[i], 1, ENOMEM, true};
        sim_fault_set(sim, &always);
        cr_expect_neq(recency_init(&table, sim_os(sim), RECENCY_LRU, &clock), 0);
        cr_expect_gt(sim_faults_made(sim), 0);
        recency_done(&table);
    }
    const struct sim_fault once = {SIM_RESERVE, 1, ENOMEM, false};
    sim_fault_set(sim, &once);
    cr_assert_eq(recency_init(&table, sim_os(sim), RECENCY_LRU, &clock), 0);
    cr_expect_eq(sim_faults_made(sim), 1);
    recency_note(&table, hash_of(&table, 1));
    cr_expect_neq(recency_warmth(&table, hash_of(&table, 1)), RECENCY_UNKNOWN);
    recency_done(&table);
    sim_free(sim);
}
