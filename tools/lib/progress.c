// SPDX-License-Identifier: BSD-2-Clause
// See progress.h. A thread draws, because the work may be a single call that takes long, as
// fsync().
#include "tools/lib/progress.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "tools/lib/clock.h"

enum { SHOWN_AFTER_MS = 2000, DRAWN_EACH_MS = 500, BAR_WIDTH = 32, UNKNOWN = -1 };

static struct {
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t ended; /* signalled when `works` becomes false */
    pthread_t thread;
    bool works, is_drawn;
    const char *what;
    int percent; /* UNKNOWN: nobody has said it */
    double since_ms;
} progress = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Writes to the terminal past stdio, whose lock another thread may hold. */
static void draw(void)
{
    static const char bar[] = "################################";
    char line[160];
    int seconds = (int)((clock_ms() - progress.since_ms) / 1000), length;
    if (progress.percent == UNKNOWN) {
        length = snprintf(line, sizeof line, "\r\033[K%s, %d s", progress.what, seconds);
    } else {
        length = snprintf(line, sizeof line, "\r\033[K[%-*.*s] %3d %% %s, %d s", BAR_WIDTH,
                          progress.percent * BAR_WIDTH / 100, bar, progress.percent, progress.what,
                          seconds);
    }
    progress.is_drawn = write(STDERR_FILENO, line, (size_t)length) > 0;
}

static void erase(void)
{
    static const char line[] = "\r\033[K";
    if (progress.is_drawn) {
        progress.is_drawn = write(STDERR_FILENO, line, sizeof line - 1) < 0;
    }
}

/* Returns the moment for the next look, for pthread_cond_timedwait(). */
static struct timespec next_look(void)
{
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_nsec += DRAWN_EACH_MS * 1000000L;
    if (moment.tv_nsec >= 1000000000L) {
        moment.tv_nsec -= 1000000000L;
        moment.tv_sec++;
    }
    return moment;
}

static void *show(void *nothing)
{
    pthread_mutex_lock(&progress.lock);
    while (progress.works) {
        struct timespec moment = next_look();
        pthread_cond_timedwait(&progress.ended, &progress.lock, &moment);
        if (progress.works && clock_ms() - progress.since_ms >= SHOWN_AFTER_MS) {
            draw();
        }
    }
    erase();
    pthread_mutex_unlock(&progress.lock);
    return nothing;
}

/* Starts the thread. It gets no signals: their handlers clean up in the main thread. */
static bool start(void)
{
    sigset_t all, before;
    pthread_condattr_t by_clock;
    pthread_condattr_init(&by_clock);
    pthread_condattr_setclock(&by_clock, CLOCK_MONOTONIC);
    pthread_cond_init(&progress.ended, &by_clock);
    pthread_condattr_destroy(&by_clock);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    bool done = pthread_create(&progress.thread, NULL, show, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return done;
}

void progress_begin(const char *what)
{
    if (!isatty(STDERR_FILENO)) {
        return;
    }
    pthread_mutex_lock(&progress.lock);
    progress.what = what;
    progress.percent = UNKNOWN;
    if (!progress.works) {
        progress.since_ms = clock_ms();
        progress.works = true; /* the thread may not look before that */
        progress.works = start();
    }
    pthread_mutex_unlock(&progress.lock);
}

void progress_percent(int percent)
{
    pthread_mutex_lock(&progress.lock);
    progress.percent = percent;
    pthread_mutex_unlock(&progress.lock);
}

void progress_end(void)
{
    pthread_mutex_lock(&progress.lock);
    bool worked = progress.works;
    progress.works = false;
    if (worked) {
        pthread_cond_signal(&progress.ended);
    }
    pthread_mutex_unlock(&progress.lock);
    if (worked) {
        pthread_join(progress.thread, NULL);
        pthread_cond_destroy(&progress.ended);
    }
}

void progress_clear(void)
{
    pthread_mutex_lock(&progress.lock);
    erase();
    pthread_mutex_unlock(&progress.lock);
}
