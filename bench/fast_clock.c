/*
 * fast_clock.c - fast_clock.so, loaded before libc into a redis-server: its wall clock runs FAST_CLOCK times as
 * fast as the system's, from the moment it starts.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static int64_t real_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t begin_us, factor = 1;

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("FAST_CLOCK");
    if (text) factor = atoi(text);
    begin_us = real_us();
}

static int64_t now_us(void) { return begin_us + (real_us() - begin_us) * factor; }

__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict time,
                                                        void *restrict zone) {
    int64_t now = now_us();
    (void)zone;
    time->tv_sec = now / 1000000;
    time->tv_usec = now % 1000000;
    return 0;
}

__attribute__((visibility("default"))) time_t time(time_t *out) {
    time_t now = now_us() / 1000000;
    if (out) *out = now;
    return now;
}
