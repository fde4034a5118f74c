/* redis_main.c - `make redis N= SEED=`: random commands, the same to redis-server and to Ferrite. */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "../support/redis.h"
#include "driver.h"
#include "redis_pair.h"
#include "workspace.h"

static uint64_t run(const struct driver *driver, const char *folder, bool in_file) {
    char socket[96], path[96];
    snprintf(socket, sizeof socket, "%s/socket", folder);
    snprintf(path, sizeof path, "%s/a.ferrite", folder);
    struct redis_plan plan = {driver->seed + in_file, driver->n / 2, socket, in_file ? path : NULL};
    double start = seconds_now();
    struct redis_result result = redis_run(&plan);
    printf("redis, %s: %" PRIu64 " commands, %" PRIu64 " errors, %" PRIu64 " keys compared, "
           "reopened %" PRIu64 " times; %" PRIu64 " differences; %.1f s\n",
           in_file ? "in a file" : "in memory", result.commands, result.errors, result.compared,
           result.reopened, result.differences, seconds_now() - start);
    fflush(stdout);
    return result.differences;
}

int main(int argc, char **argv) {
    struct driver driver = driver_arguments(argc, argv, 100000);
    char folder[] = "/tmp/ferrite-redis-XXXXXX", command[128];
    if (!mkdtemp(folder) || !redis_start(folder)) {
        puts("redis: redis-server 7.0 is not installed");
        return 1;
    }
    uint64_t differences = run(&driver, folder, false) + run(&driver, folder, true);
    redis_stop(folder);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) != 0 || differences > 0;
}
