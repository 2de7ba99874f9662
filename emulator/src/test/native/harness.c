/*
 * The host's processor as a reference: performs single x86 instructions with a given state, in 64-bit,
 * 32-bit and 16-bit protected mode, and reports the state afterwards.
 *
 * The signal handler is the loop. Every case ends in a signal (single-step trap, breakpoint or fault).
 * The handler reports the interrupted state, reads the next case, puts the new state into its own signal
 * frame and returns: sigreturn(2) then loads all registers at once, including CS and SS. Nothing of this
 * program but the pages below lies under 4 GiB, the handler has a stack of its own, and nothing here uses
 * thread-local storage, so that a case may leave every register damaged.
 *
 *   0x10000000  code, one page, readable and executable, filled with INT3
 *   0x20000000  data window, two pages, readable and writable; around both nothing is mapped
 *
 * LDT (selectors with RPL 3):
 *   07 data, 32-bit     base = window, limit 1FFF        1F data, read-only      as 07
 *   0F code, 16-bit     base = code page, limit FFF      27 data, expand-down    base = window, limit FFF
 *   17 data, 16-bit     as 07 with B = 0                 2F data, not present    as 07
 *   37 code, 32-bit, execute-only, base = code page
 *
 * Some kernels, such as those that run without hardware virtualization inside another, give their programs neither a local
 * descriptor table nor 32-bit code, although modify_ldt(2) succeeds. With the argument "segments" this program only says
 * whether both are there: its status is 0 or 3. Without them a case of 16 or 32-bit code would end the program.
 *
 * Standard input and output carry struct request + patches and struct reply + changes, little endian.
 * Build: gcc -O2 -fno-stack-protector -fcf-protection=none
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/ucontext.h>
#include <unistd.h>

#define CODE 0x10000000UL
#define CODE_SIZE 4096
#define WINDOW 0x20000000UL
#define WINDOW_SIZE 8192


enum { ES, CS, SS, DS, FS, GS };                          /* general registers, too, come as the processor numbers them */

#define ENDLESS 255                                       /* in the place of a vector: the case did not end */

#define TRAP (1UL << 8)
#define NESTED_TASK (1UL << 14)
#define IDENTIFICATION (1UL << 21)
#define RESERVED_ONE (1UL << 1)

struct __attribute__((packed)) request {
    uint8_t step;              /* 1: set TF and stop after one instruction; 0: run into an INT3 */
    uint8_t length;            /* bytes of code, at most 15 */
    uint16_t offset;           /* where they lie in the code page */
    uint16_t patches;          /* number of struct patch that follow */
    uint16_t selector[6];
    uint16_t reserved;
    uint32_t flags;
    uint64_t rip;
    uint64_t seed;             /* of the data window */
    uint64_t base[2];          /* of FS and GS, where their selectors are null */
    uint64_t gpr[16];
    uint8_t code[16];
};

struct __attribute__((packed)) patch {                    /* `length` bytes of data follow */
    uint16_t offset;
    uint16_t length;
};

struct __attribute__((packed)) reply {
    uint16_t vector;           /* of the exception that ended the case, or ENDLESS */
    uint16_t changes;          /* number of struct change that follow */
    uint16_t selector[6];
    uint32_t error;
    uint32_t flags;
    uint64_t rip;
    uint64_t cr2;
    uint64_t gpr[16];
};

struct __attribute__((packed)) change {                   /* a byte of the window that is not what it was */
    uint16_t offset;
    uint8_t value;
    uint8_t reserved;
};

static const int frame_register[16] = {
    REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
    REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

static uint8_t *code_alias;                               /* the code page again, writable */
static uint8_t *const window = (uint8_t *)WINDOW;
static uint64_t before[WINDOW_SIZE / 8];                  /* the window as the case began */
static int running;                                       /* a case has been started */
static int ticks;                                         /* seconds of processor time it has seen begin */
static struct request request;

/* Flags that sigreturn(2) does not take from the frame, so that the restorer loads them: NT and ID. */
uint64_t flags_at_sigreturn;

static uint8_t in[1 << 16], out[1 << 16];
static size_t in_position, in_end, out_end;

/* A system call without the C library, whose wrappers look at thread-local storage. */
static long kernel(long number, long first, const void *second, long third) {
    long result = number;
    __asm__ volatile("syscall" : "+a"(result) : "D"(first), "S"(second), "d"(third) : "rcx", "r11", "memory");
    return result;
}

static void fail(const char *sentence) {
    kernel(SYS_write, 2, sentence, strlen(sentence));
    kernel(SYS_exit_group, 1, NULL, 0);
}

static void flush(void) {
    for (size_t done = 0; done < out_end;) {
        long n = kernel(SYS_write, 1, out + done, out_end - done);
        if (n <= 0) kernel(SYS_exit_group, 1, NULL, 0);
        done += n;
    }
    out_end = 0;
}

static void put(const void *data, size_t length) {
    if (out_end + length > sizeof out) flush();
    memcpy(out + out_end, data, length);
    out_end += length;
}

/* Reads exactly `length` bytes; the program ends where its input ends. */
static void get(void *data, size_t length) {
    for (uint8_t *to = data; length > 0;) {
        if (in_position == in_end) {
            flush();
            long n = kernel(SYS_read, 0, in, sizeof in);
            if (n <= 0) kernel(SYS_exit_group, n < 0, NULL, 0);
            in_position = 0;
            in_end = n;
        }
        size_t n = in_end - in_position < length ? in_end - in_position : length;
        memcpy(to, in + in_position, n);
        in_position += n;
        to += n;
        length -= n;
    }
}

/* The contents of the window follow from the seed: the generator SplitMix64. */
static void fill(uint64_t state) {
    for (int i = 0; i < WINDOW_SIZE / 8; i++) {
        state += 0x9E3779B97F4A7C15;
        uint64_t z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        before[i] = z ^ (z >> 31);
    }
}

/* An instruction may run over the end of the code page, to meet a page fault. */
static size_t code_length(void) {
    size_t room = CODE_SIZE - request.offset;
    return request.length < room ? request.length : room;
}

static void report(uint16_t vector, const greg_t *frame, const uint16_t *selector) {
    struct reply reply = {
        .vector = vector,
        .error = frame[REG_ERR],
        .flags = frame[REG_EFL],
        .rip = frame[REG_RIP],
        .cr2 = frame[REG_CR2],
    };
    memcpy(reply.selector, selector, sizeof reply.selector);
    for (int i = 0; i < 16; i++) reply.gpr[i] = frame[frame_register[i]];

    const uint8_t *old = (const uint8_t *)before;
    for (int i = 0; i < WINDOW_SIZE; i++) reply.changes += window[i] != old[i];
    put(&reply, sizeof reply);
    for (int i = 0; reply.changes > 0; i++) {
        if (window[i] == old[i]) continue;
        struct change change = {.offset = i, .value = window[i]};
        put(&change, sizeof change);
        reply.changes--;
    }
    memset(code_alias + request.offset, 0xCC, code_length());
}

/* The state of x87 and SSE is what FNINIT makes, and zeros; behind the XMM registers the kernel keeps words of its own. */
static void begin_floating(struct _libc_fpstate *state) {
    memset(state, 0, offsetof(struct _libc_fpstate, __glibc_reserved1));
    state->cwd = 0x37F;
    state->mxcsr = 0x1F80;
}

static void begin(greg_t *frame) {
    get(&request, sizeof request);
    if (request.length > 15 || request.offset >= CODE_SIZE) fail("harness: code outside its page\n");

    fill(request.seed);
    for (int i = 0; i < request.patches; i++) {
        struct patch patch;
        get(&patch, sizeof patch);
        if (patch.offset + patch.length > WINDOW_SIZE) fail("harness: patch outside the window\n");
        get((uint8_t *)before + patch.offset, patch.length);
    }
    memcpy(window, before, WINDOW_SIZE);
    memcpy(code_alias + request.offset, request.code, code_length());

    for (int i = 0; i < 16; i++) frame[frame_register[i]] = request.gpr[i];
    frame[REG_RIP] = request.rip;
    frame[REG_EFL] = (request.flags & ~TRAP) | (request.step ? TRAP : 0);
    frame[REG_CSGSFS] = request.selector[CS] | (uint64_t)request.selector[SS] << 48;
    flags_at_sigreturn = RESERVED_ONE | (request.flags & (NESTED_TASK | IDENTIFICATION));
}

/* Where a signal enters: the kernel leaves AC and NT as the case had them, this program wants neither. */
void entry(int, siginfo_t *, void *);
__asm__("entry:\n"
        "  pushq $2\n"
        "  popfq\n"
        "  jmp on_signal\n");

__attribute__((used)) void on_signal(int signal, siginfo_t *info, void *context) {
    (void)info;
    greg_t *frame = ((ucontext_t *)context)->uc_mcontext.gregs;
    memset(&((ucontext_t *)context)->uc_sigmask, 0, 8);   /* raise(3) may have blocked them all */
    uint16_t selector[6] = {[CS] = frame[REG_CSGSFS], [SS] = frame[REG_CSGSFS] >> 48};
    __asm__ volatile("mov %%ds, %0" : "=rm"(selector[DS]));
    __asm__ volatile("mov %%es, %0" : "=rm"(selector[ES]));
    __asm__ volatile("mov %%fs, %0" : "=rm"(selector[FS]));
    __asm__ volatile("mov %%gs, %0" : "=rm"(selector[GS]));

    if (signal == SIGPROF && ++ticks < 2) return;
    if (running) report(signal == SIGPROF ? ENDLESS : frame[REG_TRAPNO], frame, selector);
    else if (signal != SIGUSR1) fail("harness: fault of its own\n");
    running = 0;
    ticks = 0;
    begin(frame);
    begin_floating(((ucontext_t *)context)->uc_mcontext.fpregs);
    running = 1;

    __asm__ volatile("mov %0, %%ds" ::"rm"(request.selector[DS]));
    __asm__ volatile("mov %0, %%es" ::"rm"(request.selector[ES]));
    __asm__ volatile("mov %0, %%fs" ::"rm"(request.selector[FS]));
    __asm__ volatile("mov %0, %%gs" ::"rm"(request.selector[GS]));

    static const int set_base[2] = {0x1002, 0x1001};      /* ARCH_SET_FS, ARCH_SET_GS of arch_prctl(2) */
    for (int i = 0; i < 2; i++) {
        if (request.selector[FS + i] != 0) continue;
        long result = kernel(SYS_arch_prctl, set_base[i], (const void *)request.base[i], 0);
        if (result != 0) fail("harness: arch_prctl failed\n");
    }
}

/* Where the handler returns to. */
void restorer(void);
__asm__("restorer:\n"
        "  pushq flags_at_sigreturn(%rip)\n"
        "  popfq\n"
        "  mov $15, %eax\n"                                /* rt_sigreturn */
        "  syscall\n");

/* What the kernel, not the C library, calls a sigaction: the library would put its own restorer in. */
struct kernel_sigaction {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

static void handle(int signal) {
    struct kernel_sigaction action = {
        .handler = entry,
        .flags = SA_SIGINFO | SA_ONSTACK | 0x04000000,     /* SA_RESTORER */
        .restorer = restorer,
        .mask = ~0UL,
    };
    if (syscall(SYS_rt_sigaction, signal, &action, NULL, 8) != 0) fail("harness: rt_sigaction failed\n");
}

static void describe(int entry, unsigned base, unsigned limit, int wide, int contents, int read_only, int absent) {
    struct user_desc segment = {
        .entry_number = entry,
        .base_addr = base,
        .limit = limit,
        .seg_32bit = wide,
        .contents = contents,
        .read_exec_only = read_only,
        .seg_not_present = absent,
    };
    if (syscall(SYS_modify_ldt, 0x11, &segment, sizeof segment) != 0)
        fail("harness: modify_ldt failed; the kernel needs CONFIG_MODIFY_LDT_SYSCALL and CONFIG_X86_16BIT\n");
}

static void *map(uint64_t address, size_t size, int protection, int flags, int file) {
    void *result = mmap((void *)address, size, protection, flags, file, 0);
    if (result == MAP_FAILED || (address != 0 && (uint64_t)result != address)) fail("harness: mmap failed\n");
    return result;
}

/* Whether the processor knows a segment as this program may use it (LAR). */
static int is_known(unsigned long selector) {
    unsigned long rights = 0;
    uint8_t known;
    __asm__("lar %2, %0\n  setz %1" : "+r"(rights), "=q"(known) : "r"(selector) : "cc");
    return known;
}

int main(int count, char **argument) {
    int code = memfd_create("code", 0);
    if (code < 0 || ftruncate(code, CODE_SIZE) != 0) fail("harness: memfd_create failed\n");
    code_alias = map(0, CODE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, code);
    memset(code_alias, 0xCC, CODE_SIZE);
    map(CODE, CODE_SIZE, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED_NOREPLACE | MAP_POPULATE, code);
    map(WINDOW, WINDOW_SIZE, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_POPULATE, -1);

    describe(0, WINDOW, 0x1FFF, 1, MODIFY_LDT_CONTENTS_DATA, 0, 0);
    describe(1, CODE, 0xFFF, 0, MODIFY_LDT_CONTENTS_CODE, 0, 0);
    describe(2, WINDOW, 0x1FFF, 0, MODIFY_LDT_CONTENTS_DATA, 0, 0);
    describe(3, WINDOW, 0x1FFF, 1, MODIFY_LDT_CONTENTS_DATA, 1, 0);
    describe(4, WINDOW, 0xFFF, 1, MODIFY_LDT_CONTENTS_STACK, 0, 0);
    describe(5, WINDOW, 0x1FFF, 1, MODIFY_LDT_CONTENTS_DATA, 0, 1);
    describe(6, CODE, 0xFFF, 1, MODIFY_LDT_CONTENTS_CODE, 1, 0);

    if (count == 2 && strcmp(argument[1], "segments") == 0) return is_known(0x07) && is_known(0x23) ? 0 : 3;

    size_t stack_size = 1 << 17;
    stack_t stack = {
        .ss_sp = map(0, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1),
        .ss_size = stack_size,
    };
    if (sigaltstack(&stack, NULL) != 0) fail("harness: sigaltstack failed\n");

    static const int signals[] = {SIGUSR1, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGPROF};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) handle(signals[i]);
    struct itimerval second = {{1, 0}, {1, 0}};
    setitimer(ITIMER_PROF, &second, NULL);
    raise(SIGUSR1);
    return 1;
}
