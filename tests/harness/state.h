/*
 * state.h - what an open database holds, as a digest or as an oracle; and its own check.
 *
 * The bridge between the library and the oracle. Everything is read through ferrite.h. The
 * functions work on any handle: database, transaction, snapshot. Codes are FERRITE_*.
 */
#ifndef FERRITE_TESTS_STATE_H
#define FERRITE_TESTS_STATE_H

#include "../../libferrite/ferrite.h"
#include "oracle.h"

/* One handle for each logical database that the scenarios use; [0] is the one opened. */
struct handles {
    ferrite_db *db[ORACLE_DATABASES];
};

/* Takes `db` over and selects the others. On failure all are closed, db too. */
int handles_from(ferrite_db *db, struct handles *out, ferrite_error **err);
void handles_close(struct handles *handles);

/* The digest an oracle with the same content has. */
int state_digest(const struct handles *handles, uint64_t *digest, ferrite_error **err);
/* The content as an oracle, to be freed. */
int state_read(const struct handles *handles, struct oracle **out, ferrite_error **err);

/* The value of one key as the oracle holds it, whatever its type, to be freed with free. NULL without
 * *err: no such key. */
char *state_value(ferrite_db *db, const char *key, size_t key_len, size_t *len,
                  ferrite_error **err);

/* ferrite_check, which must find nothing. FERRITE_CORRUPT when it did, with the first finding (and
 * how many) in `text`; also any other failure's text. */
int state_check(ferrite_db *db, char *text, size_t size);

/* Takes the code and the message out of *err, frees it, and leaves NULL. 0 for NULL. */
int error_take(ferrite_error **err, char *text, size_t size);

#endif
