/*
 * todo.c - a command line tool that keeps its state in a file: lists, a transaction, errors, and two of it at once.
 *
 *     make examples
 *     build/examples/todo add buy milk
 *     build/examples/todo
 *     build/examples/todo done 1
 *
 * The file is todo.ferrite, or what the environment's TODO names. The `ferrite` program can look into it too:
 * ferrite todo.ferrite LRANGE open 0 -1
 */
#include <ferrite.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPEN "open", 4 /* keys with their lengths */
#define DONE "done", 4

/* Read-only where that is enough: then several may look at the same time, and nothing is created. */
static ferrite_db *todo_open(int read_only, ferrite_error **err) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    const char *path = getenv("TODO");
    options.read_only = read_only;
    options.busy_timeout_ms = 10000; /* another todo that writes is done in a moment */
    return ferrite_open_with(path ? path : "todo.ferrite", &options, err);
}

static int todo_add(ferrite_db *db, int count, char **words, ferrite_error **err) {
    char text[1000] = "";
    for (int i = 0; i < count; i++) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "%s%s", i ? " " : "", words[i]);
    }
    return ferrite_rpush(db, OPEN, text, strlen(text), err); /* the length of the list */
}

static int todo_list(ferrite_db *db, ferrite_error **err) {
    size_t count;
    ferrite_slice *items = ferrite_lrange(db, OPEN, 0, -1, &count, err); /* one block, strings and all */
    if (!items) return -1;
    for (size_t i = 0; i < count; i++) printf("%2zu  %.*s\n", i + 1, (int)items[i].len, items[i].data);
    ferrite_free(items);
    return 0;
}

struct finish {
    long number;
    char *text; /* what was finished */
};

/* Runs in a transaction: who looks in between sees the item in one of the lists, never in both or in none. */
static int finish(ferrite_db *tx, void *ctx, ferrite_error **err) {
    struct finish *finish = ctx;
    size_t len;
    char gone[] = "\1"; /* what no item is */
    finish->text = ferrite_lindex(tx, OPEN, finish->number - 1, &len, err);
    if (!finish->text) return -1; /* with an error, or without: there is no such item */
    if (ferrite_lset(tx, OPEN, finish->number - 1, gone, 1, err) < 0) return -1;
    if (ferrite_lrem(tx, OPEN, 1, gone, 1, err) < 0) return -1;
    return ferrite_lpush(tx, DONE, finish->text, len, err) < 0 ? -1 : 0;
}

static int todo_done(ferrite_db *db, const char *number, ferrite_error **err) {
    struct finish what = {strtol(number, NULL, 10), NULL};
    int result = what.number > 0 ? ferrite_transaction(db, finish, &what, err) : -1;
    if (result == 0)
        printf("done: %s\n", what.text); /* with a NUL behind it, as all strings that are copied */
    else if (!*err)
        fprintf(stderr, "todo: there is no item %s\n", number);
    ferrite_free(what.text);
    return result;
}

static int run(ferrite_db *db, int argc, char **argv, ferrite_error **err) {
    if (argc == 1) return todo_list(db, err);
    if (argc > 2 && strcmp(argv[1], "add") == 0) return todo_add(db, argc - 2, argv + 2, err);
    if (argc == 3 && strcmp(argv[1], "done") == 0) return todo_done(db, argv[2], err);
    fprintf(stderr, "usage: todo [add TEXT… | done NUMBER]\n");
    return -1;
}

int main(int argc, char **argv) {
    ferrite_error *err = NULL;
    ferrite_db *db = todo_open(argc == 1, &err);
    int result = db ? run(db, argc, argv, &err) : -1;
    if (argc == 1 && ferrite_error_code(err) == FERRITE_NOTFOUND) {
        puts("nothing to do");
        result = 0;
    } else if (err) {
        fprintf(stderr, "todo: %s\n", ferrite_error_message(err));
    }
    ferrite_error_free(err);
    ferrite_close(db); /* also what is NULL */
    return result < 0;
}
