// SPDX-License-Identifier: Apache-2.0
#include "base/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"

/* A program under way, and what it has said. */
struct program {
    pid_t pid;
    int out;
    int err;
    int launched; /* what launch_program() returned */
    struct buffer text;
    int status;
};

static void begin_with(struct program *program, bool no_input, char *const *argv)
{
    int out[2];
    int err[2];

    *program = (struct program){ .pid = -1 };
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(err, O_CLOEXEC), 0);
    program->launched = launch_program(&(struct launch){ .path = argv[0],
                                                         .argv = argv,
                                                         .environment = environ,
                                                         .out = out[1],
                                                         .err = err[1],
                                                         .no_input = no_input },
                                       &program->pid);
    close(out[1]);
    close(err[1]);
    program->out = out[0];
    program->err = err[0];
}

static void begin(struct program *program, const char *script)
{
    char *const argv[] = { (char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c",
                           (char *)(uintptr_t)script, NULL };

    begin_with(program, true, argv);
}

/* Read both outputs to their ends, and wait for the end of the program. */
static void end(struct program *program)
{
    const int fds[] = { program->out, program->err };

    for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
        char chunk[512];
        ssize_t n;

        while ((n = read(fds[i], chunk, sizeof(chunk))) > 0)
            buffer_add(&program->text, chunk, (size_t)n);
        assert_int_equal(n, 0);
        close(fds[i]);
    }
    if (program->launched == 0)
        assert_int_equal(waitpid(program->pid, &program->status, 0), program->pid);
}

/* What a script says, on both outputs. */
static void says(const char *script, const char *expected)
{
    struct program program;

    begin(&program, script);
    assert_int_equal(program.launched, 0);
    end(&program);
    assert_string_equal(buffer_text(&program.text), expected);
    assert_int_equal(program.status, 0);
    buffer_clear(&program.text);
}

static void test_both_outputs_are_heard(void **state)
{
    (void)state;
    says("echo heard; echo too >&2", "heard\ntoo\n");
}

static void test_a_program_has_three_descriptors(void **state)
{
    int low = fcntl(STDERR_FILENO, F_DUPFD, 3); /* neither is closed by execve(2) */
    int high = fcntl(STDERR_FILENO, F_DUPFD, 200);

    (void)state;
    assert_true(low >= 3 && high >= 200);
    says("n=0; while [ $n -lt 300 ]; do [ -e /proc/$$/fd/$n ] && echo $n; n=$((n+1)); done; :",
         "0\n1\n2\n");
    assert_true(fcntl(low, F_GETFD) >= 0);
    assert_true(fcntl(high, F_GETFD) >= 0);
    close(low);
    close(high);
}

static void test_input_is_empty_or_inherited(void **state)
{
    char *const argv[] = { (char *)(uintptr_t) "/bin/cat", NULL };
    AUTO(fd) int before = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    struct program program;
    int given[2];

    (void)state;
    says("cat; readlink /proc/$$/fd/0", "/dev/null\n");
    assert_int_equal(pipe2(given, O_CLOEXEC), 0);
    assert_int_equal(write(given[1], "given\n", 6), 6);
    close(given[1]);
    assert_int_equal(dup2(given[0], STDIN_FILENO), STDIN_FILENO);
    close(given[0]);
    begin_with(&program, false, argv);
    end(&program);
    assert_string_equal(buffer_text(&program.text), "given\n");
    buffer_clear(&program.text);
    if (before >= 0)
        dup2(before, STDIN_FILENO);
}

static void test_a_program_leads_its_group(void **state)
{
    (void)state;
    says("read pid name state parent group rest </proc/$$/stat; [ $pid = $group ] && echo leads",
         "leads\n");
}

static void ignore(int number)
{
    (void)number;
}

static void test_signals_are_at_their_defaults(void **state)
{
    const struct sigaction handled = { .sa_handler = ignore };
    const struct sigaction ignored = { .sa_handler = SIG_IGN };
    struct sigaction now;
    sigset_t blocked;
    sigset_t before;

    (void)state;
    sigaction(SIGUSR1, &handled, NULL);
    sigaction(SIGWINCH, &handled, NULL);
    sigaction(SIGPIPE, &ignored, NULL);
    sigaction(SIGTTOU, &ignored, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    /* 2097152 is SIGTTOU (22): what this process was told to ignore, and is none of the usual ones
     */
    says("while read name value; do case $name in Sig[BI]*) "
         "echo $name $((0x$value & 0x7fffffff));; esac; done </proc/$$/status",
         "SigBlk: 0\nSigIgn: 2097152\n");
    pthread_sigmask(SIG_SETMASK, &before, &blocked);
    assert_true(sigismember(&blocked, SIGUSR2));
    assert_false(sigismember(&blocked, SIGUSR1));
    sigaction(SIGUSR1, NULL, &now);
    assert_ptr_equal(now.sa_handler, ignore);
    sigaction(SIGWINCH, NULL, &now);
    assert_ptr_equal(now.sa_handler, ignore);
    sigaction(SIGPIPE, NULL, &now);
    assert_ptr_equal(now.sa_handler, SIG_IGN);
    signal(SIGTTOU, SIG_DFL);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGWINCH, SIG_DFL);
}

static void cannot(const char *path, int error)
{
    char *const argv[] = { (char *)(uintptr_t)path, NULL };
    struct program program;

    begin_with(&program, true, argv);
    assert_int_equal(program.launched, error);
    end(&program); /* nobody holds the other ends */
    assert_int_equal(program.text.length, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* and nobody is left */
    assert_int_equal(errno, ECHILD);
}

static void test_what_cannot_be_started_says_why(void **state)
{
    char name[] = "/tmp/launch.XXXXXX";
    AUTO(fd) int fd = mkstemp(name);

    (void)state;
    cannot("/nowhere/no-such-program", ENOENT);
    cannot("/etc", EACCES);
    cannot(name, EACCES);
    assert_int_equal(fchmod(fd, 0700), 0);
    assert_int_equal(write(fd, "no program\n", 11), 11);
    close(fd);
    fd = -1;
    cannot(name, ENOEXEC);
    unlink(name);
}

#define THREADS 24
#define ROUNDS  20

static void *launch_many(void *argument)
{
    int thread = *(int *)argument;

    for (int i = 0; i < ROUNDS; i++) {
        AUTO(str) char *script = mem_printf("echo %d.%d; echo e%d.%d >&2", thread, i, thread, i);
        AUTO(str) char *expected = mem_printf("%d.%d\ne%d.%d\n", thread, i, thread, i);

        says(script, expected);
    }
    return NULL;
}

static void test_many_at_once_are_not_mixed_up(void **state)
{
    pthread_t threads[THREADS];
    int numbers[THREADS];
    struct program slow[THREADS];
    int64_t start = clock_now();

    (void)state;
    for (int i = 0; i < THREADS; i++)
        begin(&slow[i], "exec sleep 60");
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, launch_many, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    /* had one of the slow ones been given a pipe of another program, this would have waited for it
     */
    assert_true(clock_now() - start < 50 * CLOCK_NS_PER_S);
    for (int i = 0; i < THREADS; i++) {
        kill(slow[i].pid, SIGKILL);
        end(&slow[i]);
        assert_true(WIFSIGNALED(slow[i].status));
        buffer_clear(&slow[i].text);
    }
}

/* From now on the kernel says that it has no such call, or not with this third argument (-1: any).
 */
static void forbid(unsigned call, int third)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, third < 0 ? 1 : 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)third, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = { ARRAY_SIZE(code), code };

    if (third < 0) {
        code[2] = code[4];
        code[3] = code[5];
    }
    assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* Each way is tried by a process of its own, this program again: which way is to be had is found
 * out once. */
static void without(const char *call)
{
    struct program program;
    AUTO(str) char *self = mem_printf("/proc/%d/exe", getpid());
    AUTO(str) char *script = mem_printf("exec %s %s 2>&1", self, call);

    begin(&program, script);
    end(&program);
    if (program.status != 0)
        fail_msg("without %s: %s", call, buffer_text(&program.text));
    buffer_clear(&program.text);
}

static void test_an_old_kernel_will_do(void **state)
{
    (void)state;
    without("clone3");
    without("close_range");
    without("close_range_unshare");
}

#define STUCK 16 /* as many as there are lanes, at most */

struct stuck {
    struct program program;
    char *argument; /* hangs who reads it */
    pthread_t thread;
};

static void *launch_stuck(void *argument)
{
    struct stuck *stuck = argument;
    char *const argv[] = { (char *)(uintptr_t) "/bin/true", stuck->argument, NULL };

    begin_with(&stuck->program, true, argv);
    return NULL;
}

/* Memory of which the kernel gets nothing before the other end of the descriptor says so; -1 when
 * this process may not have such memory. */
static int unanswered(void **ret_memory, size_t size)
{
    struct uffdio_api api = { .api = UFFD_API };
    struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
    int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

    if (fd < 0)
        return -1;
    *ret_memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(*ret_memory, MAP_FAILED);
    range.range = (struct uffdio_range){ .start = (uintptr_t)*ret_memory, .len = size };
    if (ioctl(fd, UFFDIO_API, &api) < 0 || ioctl(fd, UFFDIO_REGISTER, &range) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A program on a file system that does not answer: here it is an argument that does not. */
static void test_what_hangs_holds_up_nobody_for_long(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct stuck stuck[STUCK];
    struct uffdio_zeropage answer = { 0 };
    void *memory = NULL;
    AUTO(fd) int fd = unanswered(&memory, page);
    int64_t start = clock_now();

    (void)state;
    if (fd < 0) {
        print_message("SKIPPED LOUDLY: no userfaultfd for this user\n");
        return;
    }
    for (int i = 0; i < STUCK; i++) {
        stuck[i].argument = memory;
        assert_int_equal(pthread_create(&stuck[i].thread, NULL, launch_stuck, &stuck[i]), 0);
    }
    (void)poll(NULL, 0, 200); /* all lanes hang by now */
    for (int i = 0; i < 3; i++)
        says("echo unhindered", "unhindered\n");
    assert_true(clock_now() - start < 10 * CLOCK_NS_PER_S);
    answer.range = (struct uffdio_range){ .start = (uintptr_t)memory, .len = page };
    assert_int_equal(ioctl(fd, UFFDIO_ZEROPAGE, &answer), 0);
    for (int i = 0; i < STUCK; i++) {
        pthread_join(stuck[i].thread, NULL);
        assert_int_equal(stuck[i].program.launched, 0);
        end(&stuck[i].program);
        assert_int_equal(stuck[i].program.status, 0);
    }
    munmap(memory, page);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_both_outputs_are_heard),
        cmocka_unit_test(test_a_program_has_three_descriptors),
        cmocka_unit_test(test_input_is_empty_or_inherited),
        cmocka_unit_test(test_a_program_leads_its_group),
        cmocka_unit_test(test_signals_are_at_their_defaults),
        cmocka_unit_test(test_what_cannot_be_started_says_why),
        cmocka_unit_test(test_many_at_once_are_not_mixed_up),
        cmocka_unit_test(test_what_hangs_holds_up_nobody_for_long),
        cmocka_unit_test(test_an_old_kernel_will_do),
    };

    if (argc > 1)
        forbid(strcmp(argv[1], "clone3") == 0 ? (unsigned)SYS_clone3 : (unsigned)SYS_close_range,
               strcmp(argv[1], "close_range_unshare") == 0 ? (int)CLOSE_RANGE_UNSHARE : -1);
    /* who is told what to go without does not tell others */
    return _cmocka_run_group_tests("launch", all, ARRAY_SIZE(all) - (argc > 1), NULL, NULL);
}
