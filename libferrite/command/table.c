/*
 * table.c - the one table of commands: all groups' rows in order of names, and a hash to find them.
 *
 * Built once, at the first look; read by any thread afterwards.
 */
#include "command.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROWS_MAX     512u
#define SLOTS        1024u /* power of two, at least twice the rows */
#define NAME_MAX_LEN 32u

static const struct command_group *const groups[] = {
    &string_commands,   &key_commands,    &range_commands,
    &database_commands, &server_commands, &transaction_commands,
    &expiry_commands, &list_commands,
    &hash_commands, &hash_expiry_commands, &set_commands,
    &zset_commands, &zset_range_commands, &zset_combine_commands,
    &sort_commands, &object_commands, &saving_commands, &config_commands, &info_commands,
    &latency_commands, &introspection_commands, &memory_commands,
};

static const struct command *sorted[ROWS_MAX];
static size_t sorted_count;
static const struct command *slots[SLOTS];
static pthread_once_t built = PTHREAD_ONCE_INIT;

static uint32_t hash_name(const char *name, size_t len) {
    uint32_t hash = 2166136261u; /* FNV-1a over lower-case letters */
    for (size_t i = 0; i < len; i++) hash = (hash ^ ((uint8_t)name[i] | 32u)) * 16777619u;
    return hash;
}

static int compare_names(const void *a, const void *b) {
    const struct command *const *left = a, *const *right = b;
    return strcmp((*left)->info.name, (*right)->info.name);
}

static void insert_slot(const struct command *command) {
    uint32_t slot = hash_name(command->info.name, strlen(command->info.name));
    while (slots[slot % SLOTS]) slot++;
    slots[slot % SLOTS] = command;
}

static void build(void) {
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        for (size_t i = 0; i < groups[g]->count; i++) {
            assert(sorted_count < ROWS_MAX);
            assert(strlen(groups[g]->rows[i].info.name) <= NAME_MAX_LEN);
            sorted[sorted_count++] = &groups[g]->rows[i];
            insert_slot(&groups[g]->rows[i]);
        }
    }
    qsort(sorted, sorted_count, sizeof *sorted, compare_names);
}

const struct command *command_find(const char *name, size_t name_len) {
    pthread_once(&built, build);
    if (name_len > NAME_MAX_LEN) return NULL;
    for (uint32_t slot = hash_name(name, name_len); slots[slot % SLOTS]; slot++) {
        const struct command *command = slots[slot % SLOTS];
        if (strlen(command->info.name) == name_len &&
            strncasecmp(command->info.name, name, name_len) == 0)
            return command;
    }
    return NULL;
}

const struct command *command_at(size_t index) {
    pthread_once(&built, build);
    return index < sorted_count ? sorted[index] : NULL;
}

const ferrite_command_info *ferrite_command_at(size_t index) {
    const struct command *command = command_at(index);
    return command ? &command->info : NULL;
}

const ferrite_command_info *ferrite_command_find(const char *name, size_t name_len) {
    const struct command *command = name ? command_find(name, name_len) : NULL;
    return command ? &command->info : NULL;
}
