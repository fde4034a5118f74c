/* quickstart.c - Ferrite in 30 lines. Try: make demo; build/examples/quickstart */
#include <ferrite.h>
#include <stdio.h>

/* Both writes happen, or neither. */
static int move_ten(ferrite_db *tx, void *ctx, ferrite_error **err) {
    (void)ctx;
    if (ferrite_decrby(tx, "alice", 5, 10, NULL, err) < 0) return -1;
    return ferrite_incrby(tx, "bob", 3, 10, NULL, err);
}

int main(void) {
    ferrite_error *err = NULL;
    ferrite_db *db = ferrite_open("/tmp/quickstart.ferrite", &err); /* made if it is not there */
    if (!db) goto failed;
    if (ferrite_set(db, "alice", 5, "100", 3, &err) < 0) goto failed; /* on disk when it returns */
    if (ferrite_transaction(db, move_ten, NULL, &err) < 0) goto failed;

    size_t len;
    char *alice = ferrite_get(db, "alice", 5, &len, &err); /* NULL without an error: no such key */
    if (!alice) goto failed;
    printf("alice has %.*s\n", (int)len, alice);
    ferrite_free(alice);
failed:
    if (err) fprintf(stderr, "quickstart: %s\n", ferrite_error_message(err));
    int status = err != NULL;
    ferrite_error_free(err);
    ferrite_close(db);
    return status;
}
