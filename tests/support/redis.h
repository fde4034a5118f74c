/*
 * redis.h - a real redis-server 7.0 beside a test, for comparing replies.
 */
#ifndef TESTS_SUPPORT_REDIS_H
#define TESTS_SUPPORT_REDIS_H

#include <stdbool.h>

/* Starts a server with its socket at `folder`/socket. False when none of that version is installed. */
bool redis_start(const char *folder);
void redis_stop(const char *folder);

#endif
