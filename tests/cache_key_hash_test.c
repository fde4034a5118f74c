/* cache_key_hash_test.c - the hash of keys: every byte, the length, the database and the seed count. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "libferrite/cache/key_hash.h"

Test(key_hash, each_bit_of_a_key_changes_half_of_the_hash) {
    uint8_t key[67];
    for (size_t i = 0; i < sizeof key; i++) key[i] = (uint8_t)(i * 37 + 11);
    for (size_t len = 1; len <= sizeof key; len++) {
        uint64_t plain = key_hash(1, 0, key, len), changed = 0, least = 64;
        for (size_t bit = 0; bit < len * 8; bit++) {
            key[bit / 8] ^= (uint8_t)(1u << bit % 8);
            uint64_t other = plain ^ key_hash(1, 0, key, len);
            uint64_t ones = (uint64_t)__builtin_popcountll(other);
            key[bit / 8] ^= (uint8_t)(1u << bit % 8);
            changed += ones;
            if (ones < least) least = ones;
        }
        cr_expect_gt(least, 8, "length %zu: a bit that changes only %lu", len,
                     (unsigned long)least);
        cr_expect(changed > len * 8 * 28 && changed < len * 8 * 36, "length %zu", len);
    }
}

Test(key_hash, length_database_and_seed_count) {
    static const char zeros[40];
    for (size_t len = 0; len < sizeof zeros; len++)
        for (size_t other = len + 1; other <= sizeof zeros; other++)
            cr_expect_neq(key_hash(1, 0, zeros, len), key_hash(1, 0, zeros, other));
    cr_expect_neq(key_hash(1, 0, "k", 1), key_hash(1, 1, "k", 1));
    cr_expect_neq(key_hash(1, 0, "k", 1), key_hash(2, 0, "k", 1));
    cr_expect_eq(key_hash(1, 0, NULL, 0), key_hash(1, 0, "", 0));
}

/* Keys of a counter, as programs make them, spread over buckets and tags as chance would. */
Test(key_hash, numbered_keys_spread_evenly) {
    static uint32_t low[1024], high[1024];
    char key[32];
    for (int i = 0; i < 102400; i++) {
        int len = sprintf(key, "key:%012d", i);
        uint64_t hash = key_hash(42, 0, key, (size_t)len);
        low[hash & 1023]++;
        high[hash >> 54]++;
    }
    for (int i = 0; i < 1024; i++) {
        cr_expect(low[i] > 50 && low[i] < 160, "%u keys with low bits %d", low[i], i);
        cr_expect(high[i] > 50 && high[i] < 160, "%u keys with high bits %d", high[i], i);
    }
}
