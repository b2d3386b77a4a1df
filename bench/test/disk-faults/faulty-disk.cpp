// Makes file operations fail on demand, for tests. It is loaded before libc with LD_PRELOAD.
//
// While the file $LYCEUM_TEST_FAULT exists and holds "CALL PATH-PART KIND NTH", the NTH call of that name on a file
// whose path has that part fails once as KIND says; the file is then removed. Kinds: ENOSPC, EIO; half (half of a
// write is done, then there is no room); torn (half of it is done, then the process dies); kill (the process dies
// before anything is done).
//
// Calls on pipes, sockets and eventfds take no lock and no memory. libuv writes to its own pipe in signal handlers,
// and in a forked child before the child executes another program: there, a lock that another thread held at the
// fork is never released, and the parent waits for this child for ever.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <csignal>
#include <dlfcn.h>
#include <mutex>
#include <sys/types.h>
#include <unistd.h>

namespace {

struct Fault {
  char call[32], part[256], kind[32];
  int nth;
};

std::mutex lock;
char lastText[512];
int seen = 0;

template <typename F> F next(const char *name) { return reinterpret_cast<F>(dlsym(RTLD_NEXT, name)); }

// The functions of libc.
struct Real {
  ssize_t (*write)(int, const void *, size_t) = next<decltype(write)>("write");
  ssize_t (*pwrite64)(int, const void *, size_t, off64_t) = next<decltype(pwrite64)>("pwrite64");
  int (*fsync)(int) = next<decltype(fsync)>("fsync");
  int (*fdatasync)(int) = next<decltype(fdatasync)>("fdatasync");
  int (*rename)(const char *, const char *) = next<decltype(rename)>("rename");
  int (*ftruncate64)(int, off64_t) = next<decltype(ftruncate64)>("ftruncate64");
};

const Real &real() {
  static const Real found;
  return found;
}

// Looked up while there is only one thread, since the first call takes a lock.
[[maybe_unused]] const Real &early = real();

bool readFault(Fault &fault) {
  const char *file = getenv("LYCEUM_TEST_FAULT");
  if (file == nullptr) return false;
  FILE *stream = fopen(file, "r");
  if (stream == nullptr) return false;
  char text[512] = {0};
  const size_t length = fread(text, 1, sizeof text - 1, stream);
  fclose(stream);
  if (length == 0) return false;
  if (strcmp(text, lastText) != 0) {
    strcpy(lastText, text);
    seen = 0;
  }
  return sscanf(text, "%31s %255s %31s %d", fault.call, fault.part, fault.kind, &fault.nth) == 4;
}

// How this call fails; nullptr if it does not.
const char *kindFor(const char *call, const char *path) {
  static thread_local bool inside = false;
  static thread_local char kind[32];
  if (inside || path == nullptr) return nullptr;
  inside = true;
  const char *found = nullptr;
  {
    std::lock_guard<std::mutex> guard(lock);
    Fault fault;
    if (readFault(fault) && strcmp(fault.call, call) == 0 && strstr(path, fault.part) != nullptr &&
        ++seen == fault.nth) {
      unlink(getenv("LYCEUM_TEST_FAULT"));
      strcpy(kind, fault.kind);
      found = kind;
    }
  }
  inside = false;
  return found;
}

const char *kindFor(const char *call, int fd) {
  if (getenv("LYCEUM_TEST_FAULT") == nullptr) return nullptr;
  char link[64], path[1024];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  // `pipe:[7]`, `socket:[7]`, `anon_inode:[eventfd]`: no file.
  if (length <= 0 || path[0] != '/') return nullptr;
  path[length] = 0;
  return kindFor(call, path);
}

int fail(const char *kind) {
  if (strcmp(kind, "kill") == 0 || strcmp(kind, "torn") == 0) kill(getpid(), SIGKILL);
  errno = strcmp(kind, "EIO") == 0 ? EIO : ENOSPC;
  return -1;
}

bool halves(const char *kind) { return strcmp(kind, "torn") == 0 || strcmp(kind, "half") == 0; }

} // namespace

extern "C" {

ssize_t write(int fd, const void *bytes, size_t count) {
  const char *kind = kindFor("write", fd);
  if (kind == nullptr) return real().write(fd, bytes, count);
  if (halves(kind)) real().write(fd, bytes, count / 2);
  return fail(kind);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  const char *kind = kindFor("write", fd);
  if (kind == nullptr) return real().pwrite64(fd, bytes, count, at);
  if (halves(kind)) real().pwrite64(fd, bytes, count / 2, at);
  return fail(kind);
}

int fsync(int fd) {
  const char *kind = kindFor("fsync", fd);
  return kind == nullptr ? real().fsync(fd) : fail(kind);
}

int fdatasync(int fd) {
  const char *kind = kindFor("fdatasync", fd);
  return kind == nullptr ? real().fdatasync(fd) : fail(kind);
}

int rename(const char *from, const char *to) {
  const char *kind = kindFor("rename", to);
  return kind == nullptr ? real().rename(from, to) : fail(kind);
}

int ftruncate64(int fd, off64_t length) {
  const char *kind = kindFor("ftruncate", fd);
  return kind == nullptr ? real().ftruncate64(fd, length) : fail(kind);
}

} // extern "C"
