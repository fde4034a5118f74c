/*
 * redis.h - what the parts of ferrite-redis agree on: Ferrite in-process beside a redis-server.
 *
 * An operation is a row of data: its Redis command as a template, and a function that does the same
 * to Ferrite. Both are driven over the same numbers 0..count-1 in the same scattered order. Whatever
 * fails stops the program with bench_die. One thread.
 */
#ifndef BENCH_REDIS_H
#define BENCH_REDIS_H

#include "../libferrite/ferrite.h"

#include "keys.h"

#define PIPELINE 100u

struct redis_data {
    uint64_t count;
    uint32_t *order;
};
extern struct redis_data redis_data;

struct redis_op {
    const char *name;
    /* Words between spaces; a single capital stands for what redis_words.c makes of the number. */
    const char *words;
    void (*ferrite)(ferrite_db *db, uint64_t number);
    double target;        /* against Redis with pipelines; 0: none */
    uint64_t redis_count; /* how many, where Redis is slow; 0: as many as there are elements */
    uint64_t ferrite_count;
    bool first;        /* begins with an empty Redis and a new file */
    const char *sized; /* what the two hold after it; NULL: is not measured */
};
extern const struct redis_op redis_ops[]; /* ends with a NULL name */

/* Ferrite calls that failed end here. */
void redis_check(bool fine, const char *what, ferrite_error *err);

/* ---- redis_server.c: the server, at a socket in `folder`, and the one connection to it ---- */

struct redisContext *redis_server_start(const char *folder);
void redis_server_stop(struct redisContext *redis);
void redis_server_empty(struct redisContext *redis);
uint64_t redis_server_memory(struct redisContext *redis); /* used_memory */

/* ---- redis_words.c: a command template, filled in for each number ---- */

#define WORDS_MAX 8

struct redis_words {
    int count;
    const char *at[WORDS_MAX];
    size_t len[WORDS_MAX];
    char kind[WORDS_MAX]; /* the capital; 0: a word as it is */
    char text[WORDS_MAX][VALUE_LEN + 1];
};
void redis_words_parse(struct redis_words *words, const char *from);
void redis_words_fill(struct redis_words *words, uint64_t number);

/* What the templates and the functions for Ferrite both say about a number. */
double redis_score(uint64_t number);
void redis_value(uint64_t number, char value[VALUE_LEN]);
uint64_t redis_counter(uint64_t number);

/* ---- redis_report.c: the tables ---- */

struct redis_rates {
    double one, piped, ferrite; /* operations a second */
};
void redis_report_heading(void);
void redis_report_rates(const struct redis_op *op, const struct redis_rates *rates);
void redis_report_sizes_later(const char *what, uint64_t redis_bytes, uint64_t ferrite_bytes);
void redis_report_sizes(void);
void redis_report_small_hash(double file_bytes, double own_bytes);
void redis_report_missed(void);

#endif
