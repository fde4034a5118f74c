/* cache_shard_test.c - one shard of the hot cache: taking in, finding, second chance, budget, growth. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libferrite/cache/key_hash.h"
#include "libferrite/cache/shard.h"
#include "libferrite/os/mem.h"

static struct shard *shard;

static void shard_begin(uint64_t reserved, uint64_t budget) {
    void *memory;
    cr_assert_eq(posix_memalign((void **)&shard, 64, sizeof *shard), 0);
    memset(shard, 0, sizeof *shard);
    cr_assert_eq(os_reserve(os_default(), shard_footprint(reserved), &memory), 0);
    shard_init(shard, memory, reserved, budget);
}

static struct cache_key key_of(const char *text) {
    return (struct cache_key){text, (uint32_t)strlen(text), 0, key_hash(7, 0, text, strlen(text))};
}

static void put(const char *key, const char *value, uint64_t txid) {
    struct cache_key wanted = key_of(key);
    struct cache_content content = {value, (uint32_t)strlen(value), 0};
    shard_put(shard, &wanted, &content, txid, false);
}

static bool has(const char *key, const char *value) {
    struct cache_key wanted = key_of(key);
    struct shard_value found;
    if (shard_get(shard, &wanted, true, &found) != SHARD_HIT) return false;
    bool same = strcmp(found.copy, value) == 0 && found.len == strlen(value);
    mem_free(found.copy);
    cr_expect(same, "%s has another value", key);
    return same;
}

static void expel(const char *key, uint64_t txid) { shard_expel(shard, key_of(key).hash, txid); }

static const char *numbered(int i) {
    static char text[16];
    snprintf(text, sizeof text, "key:%06d", i);
    return text;
}

static int count_of(int from, int to) {
    int count = 0;
    for (int i = from; i < to; i++) {
        struct cache_key wanted = key_of(numbered(i));
        struct shard_value found;
        count += shard_get(shard, &wanted, false, &found) == SHARD_HIT;
    }
    return count;
}

static uint64_t slots_counted(void) {
    uint64_t count = 0;
    for (uint64_t i = 0; i <= shard->mask; i++)
        for (uint32_t slot = 0; slot < BUCKET_SLOTS; slot++)
            count += bucket_tag(&shard->buckets[i], slot) != 0;
    return count;
}

static void expect_exact(void) {
    cr_expect_eq(shard->slots, slots_counted());
    cr_expect_eq(shard->bytes, (shard->mask + 1ull) * 64 + shard->ring.high * 8);
    cr_expect_leq(shard->bytes, shard->budget);
    cr_expect_eq(shard->seq % 2, 0);
    cr_expect_eq(shard->lock, 0);
}

Test(shard, values_of_all_lengths_come_back) {
    char value[ENTRY_VALUE_MAX + 2], key[ENTRY_KEY_MAX + 2];
    shard_begin(1 << 20, 1 << 20);
    for (size_t len = 0; len <= ENTRY_VALUE_MAX; len += len < 40 ? 1 : 31) {
        memset(value, 'a' + (int)(len % 26), len);
        value[len] = '\0';
        snprintf(key, sizeof key, "%0*zu", (int)(1 + len % 60), len);
        put(key, value, 1);
        cr_expect(has(key, value), "%zu", len);
    }
    memset(key, 'k', ENTRY_KEY_MAX);
    key[ENTRY_KEY_MAX] = '\0';
    put(key, "long", 1);
    cr_expect(has(key, "long"));
    strcat(key, "k");
    put(key, "too long", 1);
    cr_expect_not(has(key, "too long"));
    memset(value, 'v', ENTRY_VALUE_MAX + 1);
    value[ENTRY_VALUE_MAX + 1] = '\0';
    put("value", value, 1);
    cr_expect_not(has("value", value));
    expect_exact();
}

Test(shard, says_whether_a_key_was_there) {
    shard_begin(1 << 20, 1 << 20);
    struct cache_key key = key_of("k");
    struct cache_content content = {"v", 1, 0};
    cr_expect_eq(shard_put(shard, &key, &content, 5, false), SHARD_ABSENT);
    cr_expect_eq(shard_put(shard, &key, &content, 5, false), SHARD_THERE);
    cr_expect_eq(shard->slots, 1);
    cr_expect_eq(shard->buckets[key.hash & shard->mask].marks, 1, "and it was read");
    expel("k", 7);
    cr_expect_eq(shard_put(shard, &key, &content, 6, false), 0, "an older version says nothing");
    cr_expect_eq(shard_put(shard, &key, &content, 7, false), SHARD_ABSENT);
    shard->lock = 1;
    cr_expect_eq(shard_put(shard, &key, &content, 7, false), 0);
    shard->lock = 0;
    expect_exact();
}

Test(shard, databases_do_not_share_keys_and_expiries_are_told) {
    shard_begin(1 << 20, 1 << 20);
    struct cache_key zero = key_of("k"), one = {"k", 1, 1, key_hash(7, 1, "k", 1)};
    struct cache_content content = {"v", 1, 12345};
    struct shard_value found;
    shard_put(shard, &zero, &content, 1, false);
    cr_expect_eq(shard_get(shard, &zero, false, &found), SHARD_HIT);
    cr_expect_eq(found.expire_ms, 12345);
    cr_expect_null(found.copy);
    cr_expect_eq(shard_get(shard, &one, false, &found), SHARD_MISS);
    one.hash = zero.hash; /* a collision */
    cr_expect_eq(shard_get(shard, &one, false, &found), SHARD_MISS);
}

Test(shard, what_was_written_since_is_not_found_and_not_taken_in) {
    shard_begin(1 << 20, 1 << 20);
    put("k", "old", 5);
    put("other", "value", 5);
    expel("k", 7);
    cr_expect_not(has("k", "old"));
    cr_expect(has("other", "value"));
    put("k", "old", 6);
    cr_expect_not(has("k", "old"));
    put("k", "new", 7);
    cr_expect(has("k", "new"));
    cr_expect_eq(shard->stale, 0);
    expect_exact();
}

Test(shard, a_stale_entry_is_renewed_where_it_stands) {
    shard_begin(1 << 20, 1 << 20);
    struct cache_key key = key_of("k"), unknown = key_of("unknown");
    struct cache_content content = {"12345", 5, 0};
    put("k", "00000", 1);
    uint64_t head = shard->ring.head;
    cr_expect(has("k", "00000"));
    for (uint64_t txid = 2; txid < 100; txid++) {
        expel("k", txid);
        shard_put(shard, &key, &content, txid, true);
        shard_put(shard, &unknown, &content, txid, true);
        cr_expect(has("k", "12345"));
    }
    cr_expect_eq(shard->ring.head, head);
    cr_expect_not(has("unknown", "12345"));
    expel("k", 100);
    struct cache_content longer = {"a longer value", 14, 0};
    shard_put(shard, &key, &longer, 100, true);
    cr_expect(has("k", "a longer value"));
    cr_expect_gt(shard->ring.head, head);
    cr_expect_eq(shard->slots, 1);
    expect_exact();
}

Test(shard, what_nobody_read_since_it_was_written_is_not_renewed) {
    shard_begin(1 << 20, 1 << 20);
    struct cache_key key = key_of("k");
    struct cache_content content = {"12345", 5, 0};
    put("k", "00000", 1);
    expel("k", 2);
    shard_put(shard, &key, &content, 2, true);
    cr_expect_not(has("k", "12345"));
    shard_put(shard, &key, &content, 2, false); /* a reader brings it back, */
    cr_expect(has("k", "12345"));               /* and reads it */
    expel("k", 3);
    shard_put(shard, &key, &content, 3, true);
    expel("k", 4);
    shard_put(shard, &key, &content, 4, true);
    cr_expect_not(has("k", "12345"));
    expect_exact();
}

Test(shard, the_table_grows_with_its_entries) {
    shard_begin(64 << 20, 64 << 20);
    uint32_t before = shard->mask;
    for (int i = 0; i < 50000; i++) put(numbered(i), "value", 1);
    cr_expect_gt(shard->mask, before * 16);
    cr_expect_gt(count_of(0, 50000), 49500);
    expect_exact();
}

Test(shard, the_budget_is_never_passed) {
    shard_begin(1 << 20, 200000);
    char value[1000];
    for (int i = 0; i < 30000; i++) {
        size_t len = (size_t)(i * 7919) % (i < 15000 ? 900 : 30);
        memset(value, 'v', len);
        value[len] = '\0';
        put(numbered(i), value, 1);
        cr_assert_leq(shard->bytes, 200000);
    }
    expect_exact();
    cr_expect_gt(shard->bytes, 190000);
}

Test(shard, what_is_read_stays_and_the_rest_goes) {
    shard_begin(1 << 20, 100000);
    for (int i = 0; i < 100; i++) put(numbered(i), "a value that is read again and again", 1);
    for (int i = 100; i < 20000; i++) {
        if (i % 20 == 0) cr_assert_gt(count_of(0, 100), 90, "at %d", i);
        put(numbered(i), "a value that nobody ever reads a second time", 1);
    }
    cr_expect_gt(shard->dropped, 1000);
    cr_expect_gt(count_of(0, 100), 90);
    expect_exact();
}

Test(shard, a_scan_leaves_most_of_what_was_there) {
    shard_begin(1 << 20, 100000);
    for (int i = 0; i < 3000; i++) put(numbered(i), "value", 1);
    int before = count_of(0, 3000);
    for (int i = 3000; i < 4000; i++) put(numbered(i), "value", 1);
    cr_expect_gt(count_of(0, 3000), before / 2);
}

Test(shard, a_smaller_budget_empties_it_and_a_larger_one_keeps_all) {
    shard_begin(4 << 20, 1 << 20);
    for (int i = 0; i < 5000; i++) put(numbered(i), "value", 1);
    int before = count_of(0, 5000);
    shard_resize(shard, 2 << 20);
    cr_expect_eq(count_of(0, 5000), before);
    shard_resize(shard, 64 << 10);
    cr_expect_eq(count_of(0, 5000), 0);
    expect_exact();
    for (int i = 0; i < 5000; i++) put(numbered(i), "value", 1);
    cr_expect_gt(count_of(0, 5000), 100);
    expect_exact();
    shard_resize(shard, 0);
    put("k", "v", 1);
    cr_expect_not(has("k", "v"));
    shard_resize(shard, 1ull << 40); /* no more than was reserved */
    cr_expect_eq(shard->budget, 4 << 20);
    put("k", "v", 1);
    cr_expect(has("k", "v"));
    expect_exact();
}

Test(shard, expelling_all_gives_memory_back_if_asked) {
    shard_begin(4 << 20, 4 << 20);
    for (int i = 0; i < 20000; i++) put(numbered(i), "value", 1);
    uint64_t high = shard->ring.high;
    shard_expel_all(shard, 2, false);
    cr_expect_eq(count_of(0, 20000), 0);
    cr_expect_eq(shard->ring.high, high);
    put("k", "old", 1);
    cr_expect_not(has("k", "old"));
    put("k", "new", 2);
    cr_expect(has("k", "new"));
    shard_expel_all(shard, 3, true);
    cr_expect_leq(shard->bytes, 4096);
    for (int i = 0; i < 20000; i++) put(numbered(i), "value", 3);
    cr_expect_gt(count_of(0, 20000), 19000);
    expect_exact();
}

/* Random changes against a plain array of what must be found, if anything is. */
Test(shard, whatever_happens_only_the_newest_value_is_found) {
    static uint64_t written[600], version[600];
    uint64_t txid = 1, random = 3;
    char value[64];
    shard_begin(1 << 20, 60000);
    for (int i = 0; i < 300000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        int which = (int)(random >> 40) % 600;
        const char *key = numbered(which);
        snprintf(value, sizeof value, "%0*lu", (int)(8 + version[which] % 40),
                 (unsigned long)version[which]);
        switch ((random >> 33) % 4) {
        case 0:
            expel(key, ++txid);
            version[which] = written[which] = txid;
            break;
        case 1:
            put(key, value, txid);
            break;
        default:
            has(key, value);
        }
        if (i % 50000 == 0) shard_resize(shard, 30000 + random % 60000);
        if (i % 70000 == 0) shard_expel_all(shard, txid, true);
    }
    expect_exact();
}
