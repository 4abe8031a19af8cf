/* Stands between a process and the C library (LD_PRELOAD), counts the calls that touch one folder, and lets chosen ones
 * fail, or sends the process a signal before them.
 *
 * Nothing happens until `torture_arm` is called, so a server may import everything first and arm its children. A call
 * is counted when its path, or the file that its descriptor was opened with, lies in the folder `root`. Threads and
 * memory lie nowhere and are always counted when asked for.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { OPEN_READ, OPEN_WRITE, READ, WRITE, RENAME, LINK, SYNC, MKDIR, UNLINK, RESIZE, CLOSE, LOCK, STAT, LIST, MAP,
            THREAD, MEMORY, MODE, KINDS };
enum action { COUNT, FAIL, SIGNAL, PAUSE, SHORT };

/* What is asked for. The fields are those of `Order` in shim.py, in the same order. */
struct order {
    unsigned long kinds;     /* a bit for each kind that is counted */
    long first, last;        /* the calls, from 1 on, that are acted on */
    int action, error, number;
    long memory;             /* bytes from which on a request for memory is counted */
    long budget;             /* bytes that may be written; negative: without end */
    long shift, shift_after; /* seconds that the clock is off after so many looks at it */
    int poor;                /* a disk that knows no renaming with flags, no links and no locks */
    int log, reached, go;    /* descriptors: each counted call, and both sides of a pause; negative: none */
    char root[1024];
};

static struct order now;
static atomic_int armed;
static atomic_long calls, looks, written;
#define FILES 65536
static unsigned char ours[FILES];
static const char *NAMES[KINDS] = {"open-read", "open-write", "read", "write", "rename", "link", "sync", "mkdir",
                                   "unlink", "resize", "close", "lock", "stat", "list", "map", "thread", "memory", "mode"};

#define REAL(name) ((typeof(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

void torture_arm(const struct order *wanted) {
    now = *wanted;
    atomic_store(&calls, 0);
    atomic_store(&looks, 0);
    atomic_store(&written, 0);
    atomic_store(&armed, 1);
}

long torture_calls(void) { return atomic_load(&calls); }

static void note(long count, enum kind kind, const char *path) {
    char line[1400];
    int length = snprintf(line, sizeof line, "%ld %s %s\n", count, NAMES[kind], path);
    if (length > 0) syscall(SYS_write, now.log, line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
}

static int asked(enum kind kind) { return atomic_load(&armed) && (now.kinds >> kind & 1); }

/* Whether a path below `root` is meant; `place` becomes the whole path. */
static int within(int folder, const char *path, char *place, size_t size) {
    size_t length = 0;
    if (path == NULL) return 0;
    if (path[0] != '/') {
        char link[64];
        ssize_t found;
        if (folder == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
        else snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        found = syscall(SYS_readlink, link, place, size - 2);
        if (found < 0) return 0;
        length = (size_t)found;
        place[length++] = '/';
    }
    snprintf(place + length, size - length, "%s", path);
    return strncmp(place, now.root, strlen(now.root)) == 0;
}

/* Count a call; return whether it is to fail, with errno set. */
static int hit(enum kind kind, const char *place) {
    long count = atomic_fetch_add(&calls, 1) + 1;
    char byte = 1;
    if (now.log >= 0) note(count, kind, place);
    if (count < now.first || count > now.last) return 0;
    switch (now.action) {
    case FAIL:
        errno = now.error;
        return 1;
    case SIGNAL:
        syscall(SYS_kill, getpid(), now.number);
        return 0;
    case PAUSE:
        syscall(SYS_write, now.reached, &byte, 1);
        syscall(SYS_read, now.go, &byte, 1);
        return 0;
    default:
        return 0;
    }
}

static int on_path(enum kind kind, int folder, const char *path) {
    char place[2048];
    return asked(kind) && within(folder, path, place, sizeof place) && hit(kind, place);
}

static int on_file(enum kind kind, int file) {
    char link[64], place[1024] = "?";
    ssize_t found;
    if (!asked(kind) || file < 0 || file >= FILES || !ours[file]) return 0;
    if (now.log >= 0) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", file);
        found = syscall(SYS_readlink, link, place, sizeof place - 1);
        if (found >= 0) place[found] = 0;
    }
    return hit(kind, place);
}

/* Bytes of a transfer that are let through: fewer where a short one is ordered for this call. */
static size_t let(enum kind kind, int file, size_t size) {
    long count;
    if (now.action != SHORT) return size;
    if (!asked(kind) || file < 0 || file >= FILES || !ours[file]) return size;
    count = atomic_fetch_add(&calls, 1) + 1;
    if (now.log >= 0) note(count, kind, "?");
    return count >= now.first && count <= now.last && size > 1 ? size / 2 : size;
}

static int poor(int error) {
    if (!atomic_load(&armed) || !now.poor) return 0;
    errno = error;
    return 1;
}

/* ---- files */

static int opened(int file, int folder, const char *path) {
    char place[2048];
    if (file >= 0 && file < FILES && atomic_load(&armed)) ours[file] = (unsigned char)within(folder, path, place, sizeof place);
    return file;
}

static enum kind way(int flags) {
    return flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND) ? OPEN_WRITE : OPEN_READ;
}

#define MODE_OF(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        MODE_OF(flags) \
        if (on_path(way(flags), AT_FDCWD, path)) return -1; \
        return opened(REAL(name)(path, flags, mode), AT_FDCWD, path); \
    }
OPEN(open)
OPEN(open64)
#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        MODE_OF(flags) \
        if (on_path(way(flags), folder, path)) return -1; \
        return opened(REAL(name)(folder, path, flags, mode), folder, path); \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int file) {
    int mine = file >= 0 && file < FILES && ours[file], fails = on_file(CLOSE, file), error = errno, result;
    if (mine) ours[file] = 0;
    result = REAL(close)(file); /* Linux closes, whatever it says */
    if (!fails) return result;
    errno = error;
    return -1;
}

ssize_t read(int file, void *place, size_t size) {
    if (now.action != SHORT && on_file(READ, file)) return -1;
    return syscall(SYS_read, file, place, let(READ, file, size));
}
#define PREAD(name, offset_type) \
    ssize_t name(int file, void *place, size_t size, offset_type offset) { \
        if (now.action != SHORT && on_file(READ, file)) return -1; \
        return REAL(name)(file, place, let(READ, file, size), offset); \
    }
PREAD(pread, off_t)
PREAD(pread64, off64_t)

/* What the budget leaves of a write; none: the disk is full. */
static int budgeted(int file, size_t *size) {
    long before;
    if (!atomic_load(&armed) || now.budget < 0 || file < 0 || file >= FILES || !ours[file]) return 1;
    before = atomic_fetch_add(&written, (long)*size);
    if (before + (long)*size <= now.budget) return 1;
    if (before >= now.budget) {
        errno = ENOSPC;
        return 0;
    }
    *size = (size_t)(now.budget - before);
    return 1;
}

ssize_t write(int file, const void *place, size_t size) {
    if (now.action != SHORT && on_file(WRITE, file)) return -1;
    if (!budgeted(file, &size)) return -1;
    return syscall(SYS_write, file, place, let(WRITE, file, size));
}
ssize_t writev(int file, const struct iovec *parts, int count) {
    if (on_file(WRITE, file)) return -1;
    return REAL(writev)(file, parts, count);
}
#define PWRITE(name, offset_type) \
    ssize_t name(int file, const void *place, size_t size, offset_type offset) { \
        if (now.action != SHORT && on_file(WRITE, file)) return -1; \
        if (!budgeted(file, &size)) return -1; \
        return REAL(name)(file, place, let(WRITE, file, size), offset); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)
ssize_t sendfile(int to, int from, off_t *offset, size_t size) {
    if (on_file(WRITE, to)) return -1;
    if (!budgeted(to, &size)) return -1;
    return syscall(SYS_sendfile, to, from, offset, size);
}
ssize_t sendfile64(int to, int from, off64_t *offset, size_t size) { return sendfile(to, from, (off_t *)offset, size); }
ssize_t copy_file_range(int from, off64_t *start, int to, off64_t *target, size_t size, unsigned flags) {
    if (on_file(WRITE, to)) return -1;
    if (!budgeted(to, &size)) return -1;
    return syscall(SYS_copy_file_range, from, start, to, target, size, flags);
}

int fsync(int file) { return on_file(SYNC, file) ? -1 : (int)syscall(SYS_fsync, file); }
int fdatasync(int file) { return on_file(SYNC, file) ? -1 : (int)syscall(SYS_fdatasync, file); }
#define RESIZES(name, type) int name(int file, type size) { return on_file(RESIZE, file) ? -1 : REAL(name)(file, size); }
RESIZES(ftruncate, off_t)
RESIZES(ftruncate64, off64_t)
#define RESERVES(name, type) \
    int name(int file, int mode, type start, type size) { return on_file(RESIZE, file) ? -1 : REAL(name)(file, mode, start, size); }
RESERVES(fallocate, off_t)
RESERVES(fallocate64, off64_t)
int flock(int file, int how) { return poor(ENOLCK) || on_file(LOCK, file) ? -1 : (int)syscall(SYS_flock, file, how); }

/* ---- names */

int rename(const char *from, const char *to) {
    return on_path(RENAME, AT_FDCWD, to) ? -1 : (int)syscall(SYS_rename, from, to);
}
int renameat(int first, const char *from, int second, const char *to) {
    return on_path(RENAME, second, to) ? -1 : (int)syscall(SYS_renameat, first, from, second, to);
}
int renameat2(int first, const char *from, int second, const char *to, unsigned flags) {
    if (poor(EINVAL)) return -1;
    return on_path(RENAME, second, to) ? -1 : (int)syscall(SYS_renameat2, first, from, second, to, flags);
}
int link(const char *from, const char *to) { return poor(EPERM) || on_path(LINK, AT_FDCWD, to) ? -1 : REAL(link)(from, to); }
int linkat(int first, const char *from, int second, const char *to, int flags) {
    return poor(EPERM) || on_path(LINK, second, to) ? -1 : REAL(linkat)(first, from, second, to, flags);
}
int symlink(const char *from, const char *to) { return on_path(LINK, AT_FDCWD, to) ? -1 : REAL(symlink)(from, to); }
int mkdir(const char *path, mode_t mode) { return on_path(MKDIR, AT_FDCWD, path) ? -1 : REAL(mkdir)(path, mode); }
int mkdirat(int folder, const char *path, mode_t mode) {
    return on_path(MKDIR, folder, path) ? -1 : REAL(mkdirat)(folder, path, mode);
}
int unlink(const char *path) { return on_path(UNLINK, AT_FDCWD, path) ? -1 : REAL(unlink)(path); }
int rmdir(const char *path) { return on_path(UNLINK, AT_FDCWD, path) ? -1 : REAL(rmdir)(path); }
int unlinkat(int folder, const char *path, int flags) {
    return on_path(UNLINK, folder, path) ? -1 : REAL(unlinkat)(folder, path, flags);
}
int chmod(const char *path, mode_t mode) { return on_path(MODE, AT_FDCWD, path) ? -1 : REAL(chmod)(path, mode); }
int fchmod(int file, mode_t mode) { return on_file(MODE, file) ? -1 : REAL(fchmod)(file, mode); }
int fchmodat(int folder, const char *path, mode_t mode, int flags) {
    return on_path(MODE, folder, path) ? -1 : REAL(fchmodat)(folder, path, mode, flags);
}
int utimensat(int folder, const char *path, const struct timespec times[2], int flags) {
    return on_path(MODE, folder, path) ? -1 : REAL(utimensat)(folder, path, times, flags);
}
#define STATS(name, type) \
    int name(const char *path, struct type *found) { return on_path(STAT, AT_FDCWD, path) ? -1 : REAL(name)(path, found); }
STATS(stat, stat)
STATS(lstat, stat)
STATS(stat64, stat64)
STATS(lstat64, stat64)
#define STATSAT(name, type) \
    int name(int folder, const char *path, struct type *found, int flags) { \
        return on_path(STAT, folder, path) ? -1 : REAL(name)(folder, path, found, flags); \
    }
STATSAT(fstatat, stat)
STATSAT(fstatat64, stat64)
DIR *opendir(const char *path) { return on_path(LIST, AT_FDCWD, path) ? NULL : REAL(opendir)(path); }

/* Python calls the newer ones through here where its C library does not know them. */
long syscall(long number, ...) {
    static long (*below)(long, ...);
    long a, b, c, d, e, f;
    va_list rest;
    va_start(rest, number);
    a = va_arg(rest, long), b = va_arg(rest, long), c = va_arg(rest, long);
    d = va_arg(rest, long), e = va_arg(rest, long), f = va_arg(rest, long);
    va_end(rest);
    if (below == NULL) below = (long (*)(long, ...))real("syscall");
    if (number == SYS_renameat2 && atomic_load(&armed) && on_path(RENAME, (int)c, (const char *)d)) return -1;
    return below(number, a, b, c, d, e, f);
}

/* ---- threads and memory */

int pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*start)(void *), void *given) {
    if (asked(THREAD) && hit(THREAD, "-")) return EAGAIN;
    return REAL(pthread_create)(thread, how, start, given);
}

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
static int refused(size_t size) { return asked(MEMORY) && size >= (size_t)now.memory && hit(MEMORY, "-"); }
void *malloc(size_t size) { return refused(size) ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return refused(count * size) ? NULL : __libc_calloc(count, size); }
void *realloc(void *old, size_t size) { return refused(size) ? NULL : __libc_realloc(old, size); }
void *aligned_alloc(size_t step, size_t size) { return refused(size) ? NULL : __libc_memalign(step, size); }
int posix_memalign(void **place, size_t step, size_t size) {
    if (refused(size)) return ENOMEM;
    *place = __libc_memalign(step, size);
    return *place == NULL ? ENOMEM : 0;
}
#define MAPS(name, type) \
    void *name(void *start, size_t size, int may, int how, int file, type offset) { \
        if (file < 0 ? refused(size) : on_file(MAP, file)) { errno = ENOMEM; return MAP_FAILED; } \
        return REAL(name)(start, size, may, how, file, offset); \
    }
MAPS(mmap, off_t)
MAPS(mmap64, off64_t)

/* ---- the clock */

static long off(void) {
    if (!atomic_load(&armed) || now.shift == 0) return 0;
    return atomic_fetch_add(&looks, 1) >= now.shift_after ? now.shift : 0;
}
int clock_gettime(clockid_t clock, struct timespec *found) {
    int result = (int)syscall(SYS_clock_gettime, clock, found);
    if (clock == CLOCK_REALTIME && result == 0) found->tv_sec += off();
    return result;
}
int gettimeofday(struct timeval *restrict found, void *restrict zone) {
    int result = (int)syscall(SYS_gettimeofday, found, zone);
    if (result == 0) found->tv_sec += off();
    return result;
}
time_t time(time_t *place) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (place != NULL) *place = found.tv_sec;
    return found.tv_sec;
}
