/* save_test.c - ferrite_save, ferrite_bgsave, ferrite_lastsave, ferrite_load. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "support/api.h"
#include "support/content.h"
#include "support/copies.h"

static ferrite_error *err;
TestSuite(save, .init = copies_begin, .fini = copies_end);

Test(save, a_database_in_memory_is_saved_and_loaded) {
    ferrite_db *memory = api_memory(), *again = api_memory();
    content_fill(memory, 500, 3);
    const uint64_t digest = content_digest(memory);
    cr_expect_eq(ferrite_save(memory, copies.target, &err), 0);
    target_expect_alone();
    cr_expect_eq(ferrite_load(again, copies.target, NULL, &err), 0, "%s", ferrite_error_message(err));
    cr_expect_eq(content_digest(again), digest);
    api_expect_sound(again);
    ferrite_db *file = copies_open(copies.bed.path, 0);
    cr_expect_eq(ferrite_load(file, copies.target, NULL, &err), 0);
    cr_expect_eq(ferrite_load(file, copies.target, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, "the database is not empty");
    ferrite_close(file);
    file = copies_open(copies.bed.path, 0);
    cr_expect_eq(content_digest(file), digest);
    api_expect_sound(file);
    ferrite_close(file);
    ferrite_close(memory);
    ferrite_close(again);
}

Test(save, a_load_that_fails_leaves_the_database_empty) {
    ferrite_db *memory = api_memory(), *source = copies_filled(copies.target, 300);
    cr_expect_eq(ferrite_load(memory, copies.target, NULL, &err), -1);
    api_expect_error(&err, FERRITE_BUSY, NULL);
    ferrite_close(source);
    cr_expect_eq(ferrite_load(memory, "/nowhere/at/all", NULL, &err), -1);
    api_expect_error(&err, FERRITE_NOTFOUND, NULL);
    int calls = 2;
    const ferrite_monitor monitor = {&calls, NULL, copies_stop};
    cr_expect_eq(ferrite_load(memory, copies.target, &monitor, &err), -1);
    api_expect_error(&err, FERRITE_ABORTED, NULL);
    int fd = open(copies.target, O_RDWR);
    cr_assert_eq(pwrite(fd, "\377\377\377", 3, 4096 * 40 + 1000), 3);
    close(fd);
    cr_expect_eq(ferrite_load(memory, copies.target, NULL, &err), -1);
    api_expect_error(&err, FERRITE_CORRUPT, NULL);
    cr_expect_eq(api_dbsize(memory), 0);
    api_expect_sound(memory);
    source = copies_open(copies.target, 1); /* nor is a backup made of what is damaged */
    bed_path(&copies.bed, "second.ferrite", copies.target);
    cr_expect_eq(ferrite_backup(source, copies.target, NULL, &err), -1);
    api_expect_error(&err, FERRITE_CORRUPT, NULL);
    target_expect_none();
    ferrite_close(source);
    ferrite_close(memory);
}

struct ended {
    _Atomic int calls;
    int code;
};

static void note_end(void *ctx, int code, const char *message) {
    struct ended *ended = ctx;
    cr_assert_not_null(message);
    ended->code = code;
    atomic_fetch_add(&ended->calls, 1);
}

Test(save, saves_in_the_background_the_state_of_the_call) {
    struct ended ended = {.code = -1};
    ferrite_db *memory = api_memory();
    content_fill(memory, 500, 4);
    const uint64_t digest = content_digest(memory);
    cr_expect_eq(ferrite_bgsave(memory, copies.target, note_end, &ended, &err), 0);
    api_set(memory, "later", "1");
    ferrite_close(memory); /* waits */
    cr_expect_eq(ended.calls, 1);
    cr_expect_eq(ended.code, FERRITE_OK);
    target_expect(digest, "");
}

Test(save, tells_how_a_save_in_the_background_ended) {
    struct ended ended = {.code = -1};
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.no_threads = 1;
    ferrite_db *memory = ferrite_open_with(NULL, &options, NULL);
    cr_expect_eq(ferrite_bgsave(memory, "/nowhere/at/all", note_end, &ended, &err), 0);
    cr_expect_eq(ended.calls, 1);
    cr_expect_neq(ended.code, FERRITE_OK);
    cr_expect_eq(api_stats(memory).bgsave_code, ended.code);
    cr_expect_eq(ferrite_bgsave(memory, copies.target, note_end, &ended, &err), 0);
    cr_expect_eq(ended.calls, 2);
    cr_expect_eq(ended.code, FERRITE_OK);
    cr_expect_eq(api_stats(memory).bgsave_code, FERRITE_OK);
    cr_expect_eq(api_stats(memory).bgsave_running, 0);
    cr_expect_eq(ferrite_bgsave(memory, NULL, NULL, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(memory);
}

/* `done` closes this handle. */
struct closing {
    ferrite_db *db;
    sem_t closed;
};

static void close_at_end(void *ctx, int code, const char *message) {
    struct closing *closing = ctx;
    cr_expect_eq(code, FERRITE_OK, "%s", message);
    ferrite_close(closing->db);
    sem_post(&closing->closed);
}

static void save_and_close(const char *path, bool threads) {
    struct closing closing;
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.no_threads = !threads;
    sem_init(&closing.closed, 0, 0);
    closing.db = ferrite_open_with(copies.bed.path, &options, &err);
    cr_assert_not_null(closing.db, "%s", ferrite_error_message(err));
    api_set(closing.db, "k", "v");
    cr_expect_eq(ferrite_bgsave(closing.db, path, close_at_end, &closing, &err), 0);
    sem_wait(&closing.closed);
    cr_expect(!bed_has(&copies.bed, "-wal"), "it was the last handle");
    ferrite_db *db = copies_open(path != NULL ? path : copies.bed.path, 0);
    api_expect(db, "k", "v");
    ferrite_close(db);
    sem_destroy(&closing.closed);
}

Test(save, the_callback_of_a_save_in_the_background_may_close_the_database) {
    for (int round = 0; round < 20; round++) save_and_close(round % 2 ? copies.target : NULL, true);
    save_and_close(copies.target, false);
    save_and_close(NULL, false);
}

Test(save, the_callback_may_close_a_handle_that_is_not_the_last) {
    struct closing closing = {.db = copies_open(copies.bed.path, 0)};
    sem_init(&closing.closed, 0, 0);
    ferrite_db *last = ferrite_select(closing.db, 1, NULL);
    cr_expect_eq(ferrite_bgsave(closing.db, NULL, close_at_end, &closing, &err), 0);
    sem_wait(&closing.closed);
    api_set(last, "k", "v");
    ferrite_close(last); /* waits for the thread */
    sem_destroy(&closing.closed);
}

Test(save, save_of_a_file_makes_it_durable_and_lastsave_tells_when) {
    int64_t when = 0;
    ferrite_db *db = copies_filled(copies.bed.path, 50);
    cr_expect_eq(ferrite_save(db, NULL, &err), 0);
    cr_expect_eq(api_stats(db).log_bytes, 0);
    cr_expect_eq(ferrite_lastsave(db, &when, &err), 0);
    cr_expect_leq(time(NULL) - when, 60);
    api_set(db, "more", "1");
    cr_expect_eq(ferrite_bgsave(db, NULL, NULL, NULL, &err), 0);
    ferrite_close(db);
}
