/*
 * redis.c - a real redis-server 7.0 beside a test. See redis.h.
 */
#include "redis.h"

#include "shell.h"

#include <criterion/criterion.h>

bool redis_start(const char *folder) {
    char out[1024];
    if (shell_run(out, sizeof out, "redis-server --version | grep -q 'v=7\\.0'") != 0) return false;
    int status =
        shell_run(out, sizeof out,
                  "redis-server --port 0 --unixsocket %s/socket --save '' --daemonize yes --dir %s "
                  "--pidfile %s/pid --logfile %s/log; "
                  "for i in $(seq 200); do test -S %s/socket && exit 0; sleep 0.05; done; exit 1",
                  folder, folder, folder, folder, folder);
    cr_assert_eq(status, 0, "redis-server does not start: %s", out);
    return true;
}

void redis_stop(const char *folder) {
    char out[256];
    shell_run(out, sizeof out, "redis-cli -s %s/socket shutdown nosave", folder);
}
