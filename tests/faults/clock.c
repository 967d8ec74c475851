/* Preloaded, shifts the time of day of a process by the seconds that the file RAGAM_TEST_CLOCK holds as a 64-bit integer. The monotonic
   clock is left alone, as by an operator or a time server that sets the clock, and so are waits: what is to be waited for is named in
   shifted time, and the kernel's is not shifted. (libfaketime also shifts what time.sleep waits on, which then fails.) */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t none;
static volatile int64_t *shift = &none;

__attribute__((constructor)) static void attach(void)
{
    const char *name = getenv("RAGAM_TEST_CLOCK");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    void *map = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
    if (map != MAP_FAILED)
        shift = map;
}

static int is_time_of_day(clockid_t clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

static struct timespec unshifted(const struct timespec *at)
{
    struct timespec real = *at;
    real.tv_sec -= *shift;
    return real;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    static int (*next)(clockid_t, struct timespec *);
    if (!next)
        next = dlsym(RTLD_NEXT, "clock_gettime");
    int result = next(clock, now);
    if (!result && is_time_of_day(clock))
        now->tv_sec += *shift;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result)
        *result = now.tv_sec;
    return now.tv_sec;
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until)
{
    static int (*next)(sem_t *, const struct timespec *);
    struct timespec real = unshifted(until);
    if (!next)
        next = dlsym(RTLD_NEXT, "sem_timedwait");
    return next(semaphore, &real);
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until)
{
    static int (*next)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);
    struct timespec real = is_time_of_day(clock) ? unshifted(until) : *until;
    if (!next)
        next = dlsym(RTLD_NEXT, "pthread_cond_clockwait");
    return next(condition, mutex, clock, &real);
}

/* Abseil, and with it gRPC, waits on futexes until a time of day. */
long syscall(long number, ...)
{
    static long (*next)(long, ...);
    long a[6];
    va_list rest;
    va_start(rest, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(rest, long);
    va_end(rest);
    if (!next)
        next = dlsym(RTLD_NEXT, "syscall");
    if (number == SYS_futex && (a[1] & FUTEX_CLOCK_REALTIME) && (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET && a[3]) {
        struct timespec real = unshifted((const struct timespec *)a[3]);
        return next(number, a[0], a[1], a[2], &real, a[4], a[5]);
    }
    return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
