/*
 * db_compact.c - ferrite_compact: free space in the file goes back to the file system. See db.h.
 */
#include "db.h"
#include "types/compact.h"

int ferrite_compact(ferrite_db *db, const ferrite_monitor *monitor, uint64_t *reclaimed,
                    ferrite_error **err) {
    struct compact_watch watch = {0};
    uint64_t bytes = 0;
    if (monitor != NULL) watch = (struct compact_watch){monitor->ctx, monitor->progress};
    int code = db_check_root(db, "compacting");
    if (code == FERRITE_OK) code = compact_run(db->core->engine, &watch, &bytes);
    if (code == FERRITE_OK)
        log_at(&db->core->log, FERRITE_LOG_NOTICE, "compacted: %llu bytes given back",
               (unsigned long long)bytes);
    if (reclaimed != NULL) *reclaimed = bytes;
    return db_answer(code, 0, err);
}
