/*
 * sim_trace.h - what sim.c and sim_os.c (which record), sim_trace.c (which keeps) and sim_image.c (which rebuilds) share.
 */
#ifndef FERRITE_TESTS_SIM_TRACE_H
#define FERRITE_TESTS_SIM_TRACE_H

#include <pthread.h>

#include "sim_os.h"

#define NO_FILE UINT32_MAX

/* A file object: it keeps its number through renames and after its name is gone. */
struct traced_file {
    char *base_name; /* it was there when recording began; NULL: created later */
    uint8_t *base;
    uint64_t base_len;
    uint64_t len; /* now */
};

struct traced_name {
    char *name;
    uint32_t file;
};

struct trace {
    pthread_mutex_t *mutex; /* the sim's */
    char *dir;
    bool active;
    struct trace_entry *entries;
    size_t count, size;
    struct traced_file *files;
    uint32_t file_count;
    struct traced_name *names; /* of the directory as it is now */
    size_t name_count;
    struct trace *next; /* older trace of the same sim */
};

/* All under the sim's mutex. Out of memory ends the program. */
struct trace *trace_new(pthread_mutex_t *mutex, const char *dir);
void trace_free(struct trace *trace);
struct trace_entry *trace_add(struct trace *trace, enum trace_kind kind, uint32_t file);

/* The last part of `path` when its directory is the trace's, else NULL. */
const char *trace_name_of(const struct trace *trace, const char *path);
uint32_t trace_file_named(const struct trace *trace, const char *name); /* or NO_FILE */

void trace_created(struct trace *trace, const char *name);
void trace_unlinked(struct trace *trace, const char *name);
void trace_renamed(struct trace *trace, const char *from, const char *to);
void trace_written(struct trace *trace, uint32_t file, uint64_t offset, const struct iovec *iov,
                   int count, size_t len, bool mapped);
void trace_length_set(struct trace *trace, uint32_t file, uint64_t len);

/* A set of names: one for each file, or for none. */
void traced_name_set(struct traced_name **names, size_t *count, const char *name, uint32_t file);
/* Only if the name still stands for that file. */
void traced_name_remove(struct traced_name *names, size_t *count, const char *name, uint32_t file);
void traced_names_free(struct traced_name *names, size_t count);

/* What fails here ends the program. */
void *sim_alloc(size_t size); /* zeroed */
void *sim_enlarge(void *block, size_t size);
char *sim_copy(const char *text);
void sim_path_join(char *out, size_t size, const char *dir, const char *name);
bool sim_is_regular(const char *path);
void sim_fatal(const char *what, const char *path); /* could not be done; why is in errno */

#endif
