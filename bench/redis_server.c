/*
 * redis_server.c - see redis.h.
 */
#define _GNU_SOURCE
#include "redis.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t server;

/* The server dies with this program, however that ends. */
static void server_run(const char *folder) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (chdir(folder)) _exit(1);
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", "socket", "--save", "",
           "--appendonly", "no", "--logfile", "/dev/null", (char *)NULL);
    _exit(1);
}

struct redisContext *redis_server_start(const char *folder) {
    char path[1024];
    snprintf(path, sizeof path, "%s/socket", folder);
    server = fork();
    if (server == 0) server_run(folder);
    for (int tries = 0; tries < 200; tries++) {
        redisContext *redis = redisConnectUnix(path);
        if (redis && !redis->err) return redis;
        redisFree(redis);
        usleep(50000);
    }
    bench_die("no redis-server answers at %s", path);
}

void redis_server_stop(redisContext *redis) {
    redisFree(redis);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

static redisReply *answer(redisContext *redis, const char *command) {
    redisReply *reply = redisCommand(redis, command);
    if (!reply || reply->type == REDIS_REPLY_ERROR)
        bench_die("redis: %s: %s", command, reply ? reply->str : redis->errstr);
    return reply;
}

void redis_server_empty(redisContext *redis) { freeReplyObject(answer(redis, "FLUSHALL SYNC")); }

uint64_t redis_server_memory(redisContext *redis) {
    redisReply *reply = answer(redis, "INFO memory");
    const char *line = strstr(reply->str, "used_memory:");
    uint64_t bytes = line ? strtoull(strchr(line, ':') + 1, NULL, 10) : 0;
    freeReplyObject(reply);
    return bytes;
}
