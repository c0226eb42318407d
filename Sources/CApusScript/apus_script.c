#define _GNU_SOURCE /* dl_iterate_phdr, REG_RIP */
#include "apus_script.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int prepared;

int apus_script_is_prepared(void) { return prepared; }

#if defined(__linux__) && defined(__GLIBC__)
#include <errno.h>
#include <execinfo.h>
#include <limits.h>
#include <link.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { FRAMES = 64, OFFSET_CHARACTERS = 19, STACK_BYTES = 1 << 17 };

extern char **environ;

/* Of Swift's runtime: what is called for each error that is thrown, and what ends a program at an error that nobody catches,
 * whose own place in the program has no line. Weak: a runtime that lacks them only tells less. */
extern void _swift_setWillThrowHandler(void (*handler)(void *error)) __attribute__((weak));
extern _Atomic(void (*)(void *value, const void *type, const void *conformance)) _swift_willThrowTypedImpl __attribute__((weak));
extern void swift_errorInMain(void) __attribute__((weak));
enum { ERROR_IN_MAIN_BYTES = 1024 }; /* more than its code has */

/* Where this thread threw last. */
static _Thread_local void *thrown[FRAMES];
static _Thread_local int thrown_depth;

static void note_throw(void *error) {
  (void)error;
  thrown_depth = backtrace(thrown, FRAMES);
}

static void note_typed_throw(void *value, const void *type, const void *conformance) {
  (void)type;
  (void)conformance;
  note_throw(value);
}

/* Filled before main, read where the process stops. */
static char reporter[PATH_MAX], script[PATH_MAX], program[PATH_MAX];
static uintptr_t base, begin, end; /* of the program's own code */
static unsigned char stack[STACK_BYTES];

/* The first object is the program. */
static int find_program(struct dl_phdr_info *info, size_t size, void *context) {
  (void)size;
  (void)context;
  base = info->dlpi_addr;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &info->dlpi_phdr[i];
    if (header->p_type != PT_LOAD || !(header->p_flags & PF_X))
      continue;
    const uintptr_t first = base + header->p_vaddr, last = first + header->p_memsz;
    begin = begin == 0 || first < begin ? first : begin;
    end = last > end ? last : end;
  }
  return 1;
}

static uintptr_t stopped_at(const ucontext_t *context) {
#if defined(__x86_64__)
  return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
  return (uintptr_t)context->uc_mcontext.pc;
#else
  (void)context;
  return 0;
#endif
}

/* "0x1f3a", without what a signal handler must not call. */
static void write_offset(uintptr_t offset, char text[OFFSET_CHARACTERS]) {
  int digits = 1;
  for (uintptr_t rest = offset >> 4; rest; rest >>= 4)
    digits++;
  memcpy(text, "0x", 2);
  text[2 + digits] = 0;
  for (int i = digits; i > 0; i--, offset >>= 4)
    text[1 + i] = "0123456789abcdef"[offset & 15];
}

static int is_error_in_main(uintptr_t address) {
  const uintptr_t start = (uintptr_t)&swift_errorInMain;
  return start && address >= start && address < start + ERROR_IN_MAIN_BYTES;
}

static void report(const ucontext_t *context) {
  static void *frames[FRAMES];
  static char offsets[FRAMES][OFFSET_CHARACTERS];
  static char *arguments[FRAMES + 5];
  int depth = backtrace(frames, FRAMES), count = 0;
  for (int i = 0; i < depth; i++)
    if (is_error_in_main((uintptr_t)frames[i]) && thrown_depth > 0) {
      depth = thrown_depth;
      memcpy(frames, thrown, sizeof thrown);
    }
  arguments[count++] = reporter;
  arguments[count++] = "script-stop";
  arguments[count++] = program;
  arguments[count++] = script;
  for (int i = 0; i < depth; i++) {
    uintptr_t address = (uintptr_t)frames[i];
    if (address < begin || address >= end)
      continue;
    /* A return address is behind its call, which may end a line. */
    if (address != stopped_at(context))
      address--;
    write_offset(address - base, offsets[i]);
    arguments[count++] = offsets[i];
  }
  arguments[count] = NULL;
  pid_t child;
  int status;
  if (posix_spawn(&child, reporter, NULL, NULL, arguments, environ) == 0)
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
}

static _Atomic int is_stopping;

/* A thread that ends the program while another one's stop is told waits for that one's code. */
__attribute__((destructor)) static void wait_for_report(void) {
  while (is_stopping)
    pause();
}

static void stop(int number, siginfo_t *info, void *context) {
  (void)info;
  is_stopping = 1;
  signal(number, SIG_DFL); /* a second stop, in what follows, ends it */
  /* What was printed without a new line; not where the stop came in the middle of printing. */
  if (ftrylockfile(stdout) == 0) {
    fflush_unlocked(stdout);
    funlockfile(stdout);
  }
  report(context);
  /* The code that a shell would give, without the shell's own line about it. */
  _exit(128 + number);
}

static void watch(void) {
  static const int numbers[] = {SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE};
  const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  if (length <= 0 || dl_iterate_phdr(find_program, NULL) != 1)
    return;
  program[length] = 0;
  /* Loads what unwinds: a handler must not. */
  void *frame;
  backtrace(&frame, 1);
  const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&alternate, NULL);
  if (_swift_setWillThrowHandler)
    _swift_setWillThrowHandler(note_throw);
  if (&_swift_willThrowTypedImpl)
    _swift_willThrowTypedImpl = note_typed_throw;
  struct sigaction action = {.sa_sigaction = stop, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    sigaction(numbers[i], &action, NULL);
}

static void take(const char *variable, char *text, size_t size) {
  const char *value = getenv(variable);
  snprintf(text, size, "%s", value ? value : "");
  unsetenv(variable); /* not for the programs that the script starts */
}

__attribute__((constructor)) static void prepare(void) {
  if (!getenv(APUS_SCRIPT_REPORTER))
    return;
  prepared = 1;
  take(APUS_SCRIPT_REPORTER, reporter, sizeof reporter);
  take(APUS_SCRIPT_FILE, script, sizeof script);
  setvbuf(stdout, NULL, _IOLBF, 0);
  /* Who asks for Swift's own report of a stop gets it. */
  if (!getenv("SWIFT_BACKTRACE"))
    watch();
}
#else
__attribute__((constructor)) static void prepare(void) {
  if (!getenv(APUS_SCRIPT_REPORTER))
    return;
  prepared = 1;
  unsetenv(APUS_SCRIPT_REPORTER);
  unsetenv(APUS_SCRIPT_FILE);
  setvbuf(stdout, NULL, _IOLBF, 0);
}
#endif
