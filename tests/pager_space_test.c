/* pager_space_test.c - the pieces of the pager alone: bitmaps, queues, frames, readers, meta pages. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "libferrite/error.h"
#include "libferrite/os/os.h"
#include "libferrite/pager/frames.h"
#include "libferrite/pager/meta.h"
#include "libferrite/pager/readers.h"
#include "libferrite/pager/space.h"

TestSuite(pager_space);

Test(pager_space, a_bitmap_finds_the_lowest_run_that_is_long_enough) {
    struct bitmap map = {0};
    cr_assert_eq(bitmap_reserve(&map, 1000), FERRITE_OK);
    cr_expect_eq(bitmap_find(&map, 1, 1000), UINT32_MAX);
    bitmap_set(&map, 3);
    for (uint32_t bit = 60; bit < 70; bit++) bitmap_set(&map, bit);
    for (uint32_t bit = 500; bit < 700; bit++) bitmap_set(&map, bit);
    cr_expect_eq(map.set, 211);
    cr_expect_eq(bitmap_find(&map, 1, 1000), 3);
    cr_expect_eq(bitmap_find(&map, 2, 1000), 60);
    cr_expect_eq(bitmap_find(&map, 11, 1000), 500);
    cr_expect_eq(bitmap_find(&map, 200, 1000), 500);
    cr_expect_eq(bitmap_find(&map, 200, 699), UINT32_MAX, "it would end beyond the limit");
    cr_expect_eq(bitmap_find(&map, 201, 1000), UINT32_MAX);
    bitmap_clear(&map, 3);
    bitmap_set(&map, 2);
    cr_expect_eq(bitmap_find(&map, 1, 1000), 2, "a lower bit set later is found");
    bitmap_done(&map);
}

Test(pager_space, bitmap_runs_agree_with_a_plain_array) {
    struct bitmap map = {0};
    bool plain[700] = {false};
    cr_assert_eq(bitmap_reserve(&map, 700), FERRITE_OK);
    srand(7);
    for (int i = 0; i < 700; i++)
        if ((plain[i] = rand() % 3 != 0)) bitmap_set(&map, (uint32_t)i);
    uint32_t at = 0, first, count;
    while (bitmap_next_run(&map, at, 700, &first, &count)) {
        for (uint32_t i = at; i < first; i++) cr_assert_not(plain[i]);
        for (uint32_t i = first; i < first + count; i++) cr_assert(plain[i]);
        cr_assert(first + count == 700 || !plain[first + count]);
        at = first + count;
    }
    for (uint32_t i = at; i < 700; i++) cr_assert_not(plain[i]);
    bitmap_done(&map);
}

Test(pager_space, bits_filled_word_by_word_are_those_filled_one_by_one) {
    struct bitmap whole = {0}, single = {0}, copy;
    cr_assert_eq(bitmap_reserve(&whole, 1000), FERRITE_OK);
    cr_assert_eq(bitmap_reserve(&single, 1000), FERRITE_OK);
    srand(11);
    for (int round = 0; round < 2000; round++) {
        const uint32_t first = (uint32_t)rand() % 1000, count = (uint32_t)rand() % (1001 - first);
        const bool value = rand() % 2 == 0;
        bitmap_fill(&whole, first, count, value);
        for (uint32_t bit = first; bit < first + count; bit++)
            value ? bitmap_set(&single, bit) : bitmap_clear(&single, bit);
        cr_assert_eq(whole.set, single.set);
        cr_assert_arr_eq(whole.words, single.words, 1000 / 64 * 8);
        cr_assert_eq(bitmap_find(&whole, 1, 1000), bitmap_find(&single, 1, 1000));
        const uint32_t end = (uint32_t)rand() % 1001, run = bitmap_run_down(&whole, end);
        for (uint32_t bit = run; bit < end; bit++) cr_assert(bitmap_test(&single, bit));
        cr_assert(run == 0 || !bitmap_test(&single, run - 1));
    }
    cr_assert_eq(bitmap_copy(&whole, &copy), FERRITE_OK);
    cr_expect_eq(copy.set, whole.set);
    cr_expect_arr_eq(copy.words, whole.words, whole.word_count * 8);
    bitmap_done(&whole);
    bitmap_done(&single);
    bitmap_done(&copy);
}

Test(pager_space, a_queue_keeps_its_order_while_it_grows_and_shrinks) {
    struct freed_queue queue = {0};
    uint64_t in = 0, out = 0;
    srand(3);
    for (int i = 0; i < 20000; i++) {
        if (rand() % 5 < 3) {
            cr_assert_eq(freed_queue_push(&queue, (struct freed_run){0, in + 1, 1, 1}), FERRITE_OK);
            in++;
        } else if (freed_queue_front(&queue) != NULL) {
            cr_assert_eq(freed_queue_front(&queue)->txid, ++out);
            freed_queue_pop(&queue);
        }
    }
    cr_expect_eq(queue.tail - queue.head, in - out);
    free(queue.runs);
}

Test(pager_space, frames_do_not_overlap_and_come_back) {
    struct frames frames;
    struct page *held[400];
    cr_assert_eq(frames_init(&frames, os_posix(), 64 << 20), FERRITE_OK);
    for (int round = 0; round < 3; round++) {
        for (uint32_t i = 0; i < 400; i++) {
            uint32_t pages = 1 + i % RUN_MAX_PAGES;
            held[i] = frame_alloc(&frames, pages, i + 2);
            cr_assert_not_null(held[i]);
            memset(held[i], (int)(i & 0xff), (size_t)pages * PAGE_SIZE);
        }
        for (uint32_t i = 0; i < 400; i++) {
            const uint8_t *bytes = (const uint8_t *)held[i];
            uint32_t pages = 1 + i % RUN_MAX_PAGES;
            cr_assert_eq(frame_info(held[i])->pgno, i + 2);
            cr_assert_eq(frame_info(held[i])->pages, pages);
            for (size_t at = 0; at < (size_t)pages * PAGE_SIZE; at += 512) cr_assert_eq(bytes[at], i & 0xff);
        }
        for (uint32_t i = 0; i < 400; i++) frame_release(&frames, held[i]);
        cr_assert_eq(frames.in_use, 0);
    }
    cr_expect_leq(frames.chunk_count, 12u, "released frames serve again");
    frames_done(&frames);
}

/* Whatever is held keeps its bytes, and what came back serves again. */
Test(pager_space, memory_of_free_frames_goes_back) {
    enum { COUNT = 6000 };
    static struct page *held[COUNT];
    struct frames frames;
    uint32_t chunk = 0;
    cr_assert_eq(frames_init(&frames, os_posix(), 256 << 20), FERRITE_OK);
    for (uint32_t i = 0; i < COUNT; i++) {
        held[i] = frame_alloc(&frames, 1 + i % 5, i + 2);
        memset(held[i], (int)(i & 0xff), (size_t)(1 + i % 5) * PAGE_SIZE);
    }
    const uint64_t most = frames.in_use;
    for (uint32_t i = 0; i < COUNT; i++)
        if (i % 100 != 0) frame_release(&frames, held[i]);
    frames_give_back(&frames, &chunk);
    cr_expect_eq(frames.returned, 0, "what was in use a moment ago stays");
    cr_expect_eq(chunk, 0);
    do {
        const uint64_t before = frames.returned;
        frames_give_back(&frames, &chunk);
        cr_expect_leq(frames.returned - before, 16u * FRAME_CHUNK_FRAMES, "a step is bounded");
    } while (chunk != 0);
    cr_expect_gt(frames.returned, most / 10 * 9);
    cr_expect_eq(frames_idle(&frames) + frames.returned + frames.in_use,
                 (uint64_t)(frames.chunk_count - 1) * FRAME_CHUNK_FRAMES + frames.chunk_used);
    for (uint32_t i = 0; i < COUNT; i += 100)
        for (size_t at = 0; at < (size_t)(1 + i % 5) * PAGE_SIZE; at += 512)
            cr_assert_eq(((const uint8_t *)held[i])[at], i & 0xff);
    const uint32_t chunks = frames.chunk_count;
    for (uint32_t i = 0; i < COUNT; i++)
        if (i % 100 != 0) cr_assert_not_null(held[i] = frame_alloc(&frames, 1 + i % 5, i + 2));
    cr_expect_eq(frames.returned, 0);
    cr_expect_eq(frames.chunk_count, chunks);
    for (uint32_t i = 0; i < COUNT; i++) frame_release(&frames, held[i]);
    cr_expect_eq(frames.in_use, 0);
    frames_done(&frames);
}

Test(pager_space, an_exhausted_arena_is_an_answer) {
    struct frames frames;
    cr_assert_eq(frames_init(&frames, os_posix(), 2 * FRAME_CHUNK), FERRITE_OK);
    uint32_t got = 0;
    while (frame_alloc(&frames, 1, 2) != NULL) got++;
    cr_expect_eq(got, 2 * FRAME_CHUNK_FRAMES);
    frames_done(&frames);
}

Test(pager_space, the_oldest_reader_is_known) {
    static struct readers readers;
    _Atomic uint64_t published = 5;
    struct horizon horizon;
    cr_assert_eq(readers_init(&readers), FERRITE_OK);
    readers_horizon(&readers, 5, &horizon);
    cr_expect_eq(horizon.oldest, UINT64_MAX);
    struct reader_slot *first = reader_enter(&readers, &published);
    atomic_store(&published, 9);
    struct reader_slot *slots[200];
    for (int i = 0; i < 200; i++) cr_assert_not_null(slots[i] = reader_enter(&readers, &published));
    cr_expect_eq(readers_count(&readers), 201);
    readers_horizon(&readers, 9, &horizon);
    cr_expect_eq(horizon.oldest, 5);
    cr_expect_not(horizon.complete, "there are more than it lists");
    reader_leave(first);
    readers_horizon(&readers, 9, &horizon);
    cr_expect_eq(horizon.oldest, 9);
    for (int i = 0; i < 200; i++) reader_leave(slots[i]);
    readers_horizon(&readers, 9, &horizon);
    cr_expect_eq(horizon.oldest, UINT64_MAX);
    readers_done(&readers);
}

Test(pager_space, a_snapshot_pins_what_it_sees_and_nothing_else) {
    struct horizon horizon = {.published = 1000, .oldest = 100, .count = 2, .complete = true,
                              .versions = {100, 990}};
    cr_expect_eq(horizon_fate(&horizon, 5, 90), FATE_FREE, "gone before it began");
    cr_expect_eq(horizon_fate(&horizon, 5, 200), FATE_PINNED);
    cr_expect_eq(horizon_fate(&horizon, 100, 101), FATE_PINNED);
    cr_expect_eq(horizon_fate(&horizon, 101, 990), FATE_FREE, "born after it, freed before the other");
    cr_expect_eq(horizon_fate(&horizon, 101, 991), FATE_WAIT, "the other will soon be gone");
    cr_expect_eq(horizon_fate(&horizon, 0, 991), FATE_PINNED, "an unknown birth is an early one");
    cr_expect_eq(horizon_fate(&horizon, 995, 1001), FATE_WAIT, "not published");
    horizon.complete = false;
    cr_expect_eq(horizon_fate(&horizon, 101, 200), FATE_WAIT);
}

static struct meta sample(void) {
    struct meta meta = {.sequence = 7, .txid = 21, .lsn = 4242, .log_crc = 99, .page_count = 100,
                        .log_id = 3, .free_list = 50, .free_list_pages = 1, .free_pages = 12,
                        .databases = 16};
    memset(meta.database_id, 0xab, sizeof meta.database_id);
    memset(meta.roots, 0x5c, sizeof meta.roots);
    return meta;
}

Test(pager_space, a_meta_page_says_what_was_written) {
    struct meta in = sample(), out;
    struct page page;
    memset(&out, 0, sizeof out);
    meta_encode(&in, 1, &page);
    cr_assert_eq(meta_decode(&page, 1, &out), FERRITE_OK);
    cr_expect_eq(out.sequence, in.sequence);
    cr_expect_eq(out.txid, in.txid);
    cr_expect_eq(out.lsn, in.lsn);
    cr_expect_eq(out.free_pages, in.free_pages);
    cr_expect_arr_eq(out.roots, in.roots, sizeof in.roots);
    cr_expect_eq(meta_decode(&page, 0, &out), FERRITE_CORRUPT, "in the other slot it is misplaced");
}

Test(pager_space, any_flipped_bit_of_a_meta_page_is_noticed) {
    struct meta in = sample(), out;
    struct page page;
    meta_encode(&in, 0, &page);
    for (uint32_t bit = 0; bit < PAGE_SIZE * 8; bit += 13) {
        ((uint8_t *)&page)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_assert_neq(meta_decode(&page, 0, &out), FERRITE_OK, "bit %u", bit);
        ((uint8_t *)&page)[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}
