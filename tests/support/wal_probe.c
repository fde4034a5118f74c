/* wal_probe.c - see wal_probe.h. */
#include "wal_probe.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../libferrite/error.h"

/* The test runner reports the abort as a crash of the test. */
#define REQUIRE(what) ((what) ? (void)0 : probe_failed(#what, __LINE__))

static void probe_failed(const char *what, int line) {
    fprintf(stderr, "wal_probe.c:%d: %s does not hold\n", line, what);
    abort();
}

void probe_make(struct wal_probe *probe, uint64_t start_lsn, uint64_t capacity_max) {
    memset(probe, 0, sizeof *probe);
    workspace_make(&probe->space, "wal");
    workspace_path(&probe->space, "log", probe->path, sizeof probe->path);
    probe->sim = sim_new();
    probe->os = sim_os(probe->sim);
    memcpy(probe->id.database_id, "0123456789abcdef", 16);
    probe->id.log_id = 0x1122334455667788;
    probe->from = wal_start(&probe->id, start_lsn);
    probe->next = 1;
    int code = wal_create(probe->os, probe->path, &probe->id, start_lsn, capacity_max, &probe->wal);
    REQUIRE(code == FERRITE_OK);
}

void probe_free(struct wal_probe *probe) {
    wal_close(probe->wal);
    sim_free(probe->sim);
    workspace_remove(&probe->space);
}

size_t probe_payload(uint64_t number, uint8_t *out) {
    uint64_t state = number * UINT64_C(0x9e3779b97f4a7c15) + 1;
    size_t len = (size_t)(state >> 33) % (number % 16 == 0 ? PROBE_PAYLOAD_MAX : 200);
    for (size_t i = 0; i < len; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        out[i] = (uint8_t)(state >> 56);
    }
    return len;
}

int probe_append(struct wal_probe *probe, bool through_map) {
    uint8_t payload[PROBE_PAYLOAD_MAX];
    struct wal_position end;
    size_t len = probe_payload(probe->next, payload);
    bool partial = probe->next % 3 == 0;
    int code = wal_append(probe->wal, probe->next, partial, payload, len, through_map, &end);
    if (code != FERRITE_OK) return code;
    REQUIRE(end.lsn == wal_head(probe->wal).lsn && end.crc == wal_head(probe->wal).crc);
    probe->next++;
    return code;
}

uint64_t probe_fill(struct wal_probe *probe, bool through_map) {
    uint64_t count = 0;
    int code;
    while ((code = probe_append(probe, through_map)) == FERRITE_OK) count++;
    REQUIRE(code == FERRITE_LIMIT);
    return count;
}

int probe_sync(struct wal_probe *probe) {
    uint64_t reached;
    int code = wal_sync(probe->wal, &reached);
    if (code == FERRITE_OK) REQUIRE(reached == wal_synced(probe->wal));
    return code;
}

int probe_reopen(struct wal_probe *probe, uint64_t capacity_max) {
    wal_close(probe->wal);
    probe->wal = NULL;
    return wal_open(probe->os, probe->path, &probe->id, capacity_max, false, &probe->wal);
}

static int frame_check(void *ctx, uint64_t txid, struct wal_position end, bool partial,
                       const uint8_t *payload, size_t len) {
    struct wal_probe *probe = ctx;
    uint8_t expected[PROBE_PAYLOAD_MAX];
    (void)end;
    if (probe->seen == 0) probe->first_seen = txid;
    REQUIRE(txid == probe->first_seen + probe->seen);
    REQUIRE(partial == (txid % 3 == 0));
    REQUIRE(len == probe_payload(txid, expected));
    REQUIRE(memcmp(payload, expected, len) == 0);
    probe->seen++;
    return FERRITE_OK;
}

int probe_replay(struct wal_probe *probe) {
    probe->seen = probe->first_seen = 0;
    return wal_replay(probe->wal, probe->from, frame_check, probe, &probe->end);
}

void probe_put(struct wal_probe *probe, uint64_t offset, const void *bytes, size_t len) {
    int fd = open(probe->path, O_WRONLY);
    REQUIRE(fd >= 0 && pwrite(fd, bytes, len, (off_t)offset) == (ssize_t)len);
    close(fd);
}

void probe_flip(struct wal_probe *probe, uint64_t offset, uint8_t mask) {
    uint8_t byte = 0;
    int fd = open(probe->path, O_RDONLY);
    REQUIRE(fd >= 0 && pread(fd, &byte, 1, (off_t)offset) == 1);
    close(fd);
    byte ^= mask;
    probe_put(probe, offset, &byte, 1);
}

uint64_t probe_file_len(struct wal_probe *probe) {
    struct stat st;
    REQUIRE(stat(probe->path, &st) == 0);
    return (uint64_t)st.st_size;
}
