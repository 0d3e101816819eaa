/* Makes calls of the C library that change files fail, one in a process or some in sequence.
 *
 *   FAILING_UNDER   only files below this folder count
 *   FAILING_AT      the number of the first call that fails, from 1; 0 for none
 *   FAILING_FOR     how many calls fail, 1 by default
 *   FAILING_ERROR   EIO or ENOSPC
 *   FAILING_COUNT   a file that holds the number of calls so far
 *
 * Build: cc -shared -fPIC -o failing_disk.so failing_disk.c -ldl; used by LD_PRELOAD.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static atomic_long calls;

static long number(const char *name, long usual) {
  const char *text = getenv(name);
  return text ? atol(text) : usual;
}

/* Whether this call fails; notes it and says so. */
static int fails(const char *call, const char *path) {
  const char *under = getenv("FAILING_UNDER");
  if (!under || strncmp(path, under, strlen(under)) != 0) return 0;
  long own = atomic_fetch_add(&calls, 1) + 1;
  const char *count = getenv("FAILING_COUNT");
  static int file = -2;
  REAL(open);
  if (count && file == -2) file = real(count, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (count && file >= 0) {
    char text[32];
    int length = snprintf(text, sizeof text, "%-20ld\n", own);
    static __typeof__(pwrite) *real_pwrite;
    if (!real_pwrite) real_pwrite = (__typeof__(pwrite) *)dlsym(RTLD_NEXT, "pwrite");
    if (real_pwrite(file, text, (size_t)length, 0) < 0) file = -1;
  }
  long at = number("FAILING_AT", 0);
  if (at == 0 || own < at || own >= at + number("FAILING_FOR", 1)) return 0;
  const char *error = getenv("FAILING_ERROR");
  fprintf(stderr, "call %ld fails: %s %s\n", own, call, path + strlen(under));
  errno = error && strcmp(error, "ENOSPC") == 0 ? ENOSPC : EIO;
  return 1;
}

static int fails_at(const char *call, int file) {
  char link[64], path[PATH_MAX];
  int saved = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  errno = saved;
  if (length <= 0) return 0;
  path[length] = 0;
  return fails(call, path);
}

#define OF_FILE(type, name, parameters, arguments) \
  type name parameters { \
    REAL(name); \
    return fails_at(#name, file) ? -1 : real arguments; \
  }

OF_FILE(ssize_t, write, (int file, const void *bytes, size_t size), (file, bytes, size))
OF_FILE(ssize_t, pwrite, (int file, const void *bytes, size_t size, off_t at), (file, bytes, size, at))
OF_FILE(ssize_t, pwrite64, (int file, const void *bytes, size_t size, off64_t at), (file, bytes, size, at))
OF_FILE(ssize_t, writev, (int file, const struct iovec *parts, int count), (file, parts, count))
OF_FILE(int, fsync, (int file), (file))
OF_FILE(int, fdatasync, (int file), (file))
OF_FILE(int, ftruncate, (int file, off_t size), (file, size))
OF_FILE(int, ftruncate64, (int file, off64_t size), (file, size))

int rename(const char *old, const char *new) {
  REAL(rename);
  return fails("rename", new) ? -1 : real(old, new);
}

int renameat(int from, const char *old, int to, const char *new) {
  REAL(renameat);
  return fails("renameat", new) ? -1 : real(from, old, to, new);
}

#define OPENS(name) \
  int name(const char *path, int flags, ...) { \
    REAL(name); \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest); \
    int changes = (flags & O_ACCMODE) != O_RDONLY; \
    return changes && fails(#name, path) ? -1 : real(path, flags, mode); \
  }

OPENS(open)
OPENS(open64)
