// A disk that fails on demand, for a test: put before libc by LD_PRELOAD.
//
// While the file $LYCEUM_TEST_FAULT exists and holds "CALL PATH-PART KIND NTH", the NTH call of that name on a file
// whose path has that part fails as KIND says, once: the file is then removed. Kinds: ENOSPC, EIO; half (half of a write
// is done, then there is no room); torn (the same, but the process dies); kill (it dies before anything is done).
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

// What this call is to do: nullptr, all as usual.
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
  if (length <= 0) return nullptr;
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
  static auto real = next<ssize_t (*)(int, const void *, size_t)>("write");
  const char *kind = kindFor("write", fd);
  if (kind == nullptr) return real(fd, bytes, count);
  if (halves(kind)) real(fd, bytes, count / 2);
  return fail(kind);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  static auto real = next<ssize_t (*)(int, const void *, size_t, off64_t)>("pwrite64");
  const char *kind = kindFor("write", fd);
  if (kind == nullptr) return real(fd, bytes, count, at);
  if (halves(kind)) real(fd, bytes, count / 2, at);
  return fail(kind);
}

int fsync(int fd) {
  static auto real = next<int (*)(int)>("fsync");
  const char *kind = kindFor("fsync", fd);
  return kind == nullptr ? real(fd) : fail(kind);
}

int fdatasync(int fd) {
  static auto real = next<int (*)(int)>("fdatasync");
  const char *kind = kindFor("fdatasync", fd);
  return kind == nullptr ? real(fd) : fail(kind);
}

int rename(const char *from, const char *to) {
  static auto real = next<int (*)(const char *, const char *)>("rename");
  const char *kind = kindFor("rename", to);
  return kind == nullptr ? real(from, to) : fail(kind);
}

int ftruncate64(int fd, off64_t length) {
  static auto real = next<int (*)(int, off64_t)>("ftruncate64");
  const char *kind = kindFor("ftruncate", fd);
  return kind == nullptr ? real(fd, length) : fail(kind);
}

} // extern "C"
