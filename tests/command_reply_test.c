/*
 * command_reply_test.c - ferrite_command and its reply: one block, any bytes, errors as replies.
 */
#include "../libferrite/ferrite.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static ferrite_reply *run(ferrite_db *db, int argc, const char *const *argv) {
    ferrite_reply *reply = ferrite_command(db, argc, argv, NULL, NULL);
    cr_assert_not_null(reply);
    return reply;
}

Test(command_reply, lengths_make_words_and_values_binary_safe) {
    ferrite_db *db = ferrite_open_memory(NULL);
    const char *set[] = {"SET", "k\0k", "v\0v\xff"}, *get[] = {"GET", "k\0k"};
    size_t set_len[] = {3, 3, 4}, get_len[] = {3, 3};
    ferrite_free(ferrite_command(db, 3, set, set_len, NULL));
    ferrite_reply *reply = ferrite_command(db, 2, get, get_len, NULL);
    cr_assert_eq(reply->type, FERRITE_REPLY_STRING);
    cr_assert_eq(reply->len, 4);
    cr_expect_eq(memcmp(reply->str, "v\0v\xff", 5), 0, "the value, and a zero byte after it");
    ferrite_free(reply);
    ferrite_close(db);
}

Test(command_reply, is_nil_for_a_missing_key_and_empty_for_an_empty_value) {
    ferrite_db *db = ferrite_open_memory(NULL);
    ferrite_reply *reply = run(db, 2, (const char *[]){"GET", "missing"});
    cr_expect_eq(reply->type, FERRITE_REPLY_NIL);
    ferrite_free(reply);
    ferrite_free(run(db, 3, (const char *[]){"SET", "k", ""}));
    reply = run(db, 2, (const char *[]){"GET", "k"});
    cr_expect_eq(reply->type, FERRITE_REPLY_STRING);
    cr_expect_eq(reply->len, 0);
    cr_expect_not_null(reply->str);
    ferrite_free(reply);
    ferrite_close(db);
}

Test(command_reply, errors_of_commands_are_replies) {
    ferrite_db *db = ferrite_open_memory(NULL);
    ferrite_error *err = NULL;
    ferrite_reply *reply = ferrite_command(db, 1, (const char *[]){"nosuch"}, NULL, &err);
    cr_assert_not_null(reply);
    cr_expect_null(err);
    cr_expect_eq(reply->type, FERRITE_REPLY_ERROR);
    cr_expect_str_eq(reply->str, "ERR unknown command 'nosuch', with args beginning with: ");
    ferrite_free(reply);
    ferrite_close(db);
}

Test(command_reply, nothing_to_run_is_an_error_object) {
    ferrite_db *db = ferrite_open_memory(NULL);
    ferrite_error *err = NULL;
    const char *ping[] = {"PING"}, *hole[] = {"SET", NULL};
    cr_expect_null(ferrite_command(NULL, 1, ping, NULL, &err));
    cr_expect_eq(ferrite_error_code(err), FERRITE_INVALID);
    ferrite_error_free(err);
    cr_expect_null(ferrite_command(db, 0, ping, NULL, NULL));
    cr_expect_null(ferrite_command(db, 1, NULL, NULL, NULL));
    cr_expect_null(ferrite_command(db, 2, hole, NULL, NULL));
    cr_expect_null(ferrite_session_open(NULL, NULL));
    ferrite_close(db);
}

Test(command_reply, holds_many_elements_and_words) {
    enum { COUNT = 5000 };
    static char text[COUNT][16];
    static const char *argv[COUNT + 1];
    ferrite_db *db = ferrite_open_memory(NULL);
    argv[0] = "MSET";
    for (int i = 0; i < COUNT; i++) snprintf(text[i], sizeof text[i], "%05d", i);
    for (int i = 0; i < COUNT; i++) argv[i + 1] = text[i];
    ferrite_free(run(db, COUNT + 1, argv));
    argv[0] = "MGET";
    ferrite_reply *reply = run(db, COUNT + 1, argv);
    cr_assert_eq(reply->count, COUNT);
    for (int i = 0; i < COUNT; i++) {
        const ferrite_reply *element = &reply->elements[i];
        if (i % 2)
            cr_expect_eq(element->type, FERRITE_REPLY_NIL);
        else
            cr_expect_str_eq(element->str, text[i + 1]);
    }
    ferrite_free(reply);
    ferrite_close(db);
}

Test(command_reply, select_on_a_plain_handle_only_checks) {
    ferrite_db *db = ferrite_open_memory(NULL);
    ferrite_reply *reply = run(db, 2, (const char *[]){"SELECT", "3"});
    cr_expect_str_eq(reply->str, "OK");
    ferrite_free(reply);
    cr_expect_eq(ferrite_database(db), 0);
    reply = run(db, 1, (const char *[]){"MULTI"});
    cr_expect_eq(reply->type, FERRITE_REPLY_ERROR);
    ferrite_free(reply);
    ferrite_close(db);
}

Test(command_reply, works_on_transactions_and_snapshots) {
    ferrite_db *db = ferrite_open_memory(NULL);
    ferrite_db *tx = ferrite_begin(db, NULL);
    ferrite_free(run(tx, 3, (const char *[]){"SET", "k", "v"}));
    ferrite_reply *reply = run(tx, 2, (const char *[]){"GET", "k"});
    cr_expect_str_eq(reply->str, "v");
    ferrite_free(reply);
    cr_assert_eq(ferrite_rollback(tx, NULL), 0);
    ferrite_close(tx);
    ferrite_db *snapshot = ferrite_snapshot(db, NULL);
    reply = run(snapshot, 2, (const char *[]){"GET", "k"});
    cr_expect_eq(reply->type, FERRITE_REPLY_NIL);
    ferrite_free(reply);
    reply = run(snapshot, 3, (const char *[]){"SET", "k", "v"});
    cr_expect_eq(reply->type, FERRITE_REPLY_ERROR, "a snapshot cannot be written");
    ferrite_free(reply);
    ferrite_close(snapshot);
    ferrite_close(db);
}

Test(command_reply, time_is_now) {
    ferrite_db *db = ferrite_open_memory(NULL);
    long long before = (long long)time(NULL);
    ferrite_reply *reply = run(db, 1, (const char *[]){"TIME"});
    cr_assert_eq(reply->count, 2);
    long long seconds = atoll(reply->elements[0].str);
    cr_expect(seconds >= before && seconds <= (long long)time(NULL) + 1);
    cr_expect(atoll(reply->elements[1].str) < 1000000);
    ferrite_free(reply);
    ferrite_close(db);
}

Test(command_reply, info_tells_keys_and_sections) {
    ferrite_db *db = ferrite_open_memory(NULL);
    ferrite_free(run(db, 3, (const char *[]){"SET", "k", "v"}));
    ferrite_reply *reply = run(db, 1, (const char *[]){"INFO"});
    cr_expect_not_null(strstr(reply->str, "# Server\r\nferrite_version:" FERRITE_VERSION_STRING));
    cr_expect_not_null(strstr(reply->str, "# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n"));
    ferrite_free(reply);
    reply = run(db, 2, (const char *[]){"INFO", "stats"});
    cr_expect_not_null(strstr(reply->str, "# Stats\r\n"));
    cr_expect_null(strstr(reply->str, "# Server"));
    ferrite_free(reply);
    ferrite_close(db);
}

Test(command_reply, scan_gives_every_key_once_it_is_through) {
    ferrite_db *db = ferrite_open_memory(NULL);
    char key[16], cursor[32] = "0";
    bool seen[300] = {false};
    for (int i = 0; i < 300; i++) {
        snprintf(key, sizeof key, "key:%03d", i);
        ferrite_free(run(db, 3, (const char *[]){"SET", key, "v"}));
    }
    int rounds = 0;
    do {
        ferrite_reply *reply = run(db, 4, (const char *[]){"SCAN", cursor, "COUNT", "7"});
        for (size_t i = 0; i < reply->elements[1].count; i++)
            seen[atoi(reply->elements[1].elements[i].str + 4)] = true;
        snprintf(cursor, sizeof cursor, "%s", reply->elements[0].str);
        ferrite_free(reply);
    } while (strcmp(cursor, "0") != 0 && ++rounds < 1000);
    cr_expect(rounds > 10 && rounds < 1000);
    for (int i = 0; i < 300; i++) cr_expect(seen[i], "key:%03d was not given", i);
    ferrite_close(db);
}
