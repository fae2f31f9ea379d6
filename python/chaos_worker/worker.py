# SPDX-License-Identifier: Apache-2.0
"""The main loop: foreground requests run in the main thread one after the other, background ones
each in a thread of its own, and a third thread reads what the engine sends."""
import _queue  # the module queue takes longer to import
import _thread
import os
import select
import signal
import sys
import threading

from chaos_worker import gates, surroundings, values, wire

PROTOCOL = 1
SIGNALS = {signal.SIGINT: "INT", signal.SIGTERM: "TERM", signal.SIGUSR1: "USR1",
           signal.SIGUSR2: "USR2"}
BLOCKED_BY_READER = {*SIGNALS, signal.SIGHUP, signal.SIGCHLD, signal.SIGALRM, gates.STOP_SIGNAL}

# operation -> (module, function); modules are imported when first asked for
OPERATIONS = {
    "call": ("activities", "call"),
    "validate": ("validation", "validate"),
    "import": ("controls", "load"),
    "hook": ("controls", "hook"),
    "event": ("controls", "event"),
    "notify": ("controls", "notify"),
    "discover": ("discovery", "discover"),
    "extensions": ("discovery", "extensions"),
}


class Worker:
    def __init__(self, root, descriptor):
        self.root = root
        self.channel = wire.Channel(descriptor)
        self.gate = gates.MainGate(self.report_signal)
        self.requests = _queue.SimpleQueue()
        self.lock = threading.Lock()
        self.dropped = {}   # foreground calls stopped before they began, and how
        self.threads = {}   # background calls that run: number -> gate
        self.settings = {}
        self.debug = False
        self.operations = {}
        self.local = threading.local()
        self.surroundings = surroundings.Surroundings()
        self.wakeup = None

    # Sending

    def guard(self, text):
        """Send from a thread that may be running user code."""
        if threading.get_ident() == self.gate.thread:
            self.gate.send(self.channel, text)
        else:
            self.channel.send(text)

    def report_signal(self, number):
        try:
            self.channel.send('{"signal":"%s"}' % SIGNALS[number])
        except OSError:
            pass

    def log(self, level, text, module="chaos_worker", line=0):
        try:
            self.guard('{"log":%s}' % values.encode([level, str(module), int(line), str(text)]))
        except OSError:
            pass  # the engine is gone, and so is whoever would read it

    def ask(self, op, **fields):
        return self.channel.ask(op, fields, self.guard)

    # Reading

    def read(self):
        """The reading thread."""
        signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED_BY_READER)
        poll = select.poll()
        poll.register(self.channel.socket.fileno(), select.POLLIN)
        poll.register(self.wakeup, select.POLLIN)
        running = True
        while running:
            for descriptor, _ in poll.poll():
                if descriptor == self.wakeup:
                    self.wake()
                else:
                    running = self.take()
        self.channel.ended()
        self.requests.put(None)
        # Whatever user code does now, the engine ends this process in a second.

    def wake(self):
        """A signal came: it may have hit a thread that cannot run its handler."""
        numbers = os.read(self.wakeup, 64)
        if any(number in SIGNALS for number in numbers):
            signal.pthread_kill(self.gate.thread, gates.STOP_SIGNAL)

    def take(self):
        try:
            message = self.channel.receive()
        except OSError:
            message = None
        if message is None:
            return False
        if "answer" in message:
            self.channel.answered(message)
        elif message.get("op") == "stop":
            self.stop(message["call"], message["kind"])
        elif message.get("op") == "init":
            self.settings = message.get("settings") or {}
            self.debug = bool(message.get("debug"))
        elif message.get("place") == "background":
            self.start_thread(message)
        else:
            self.requests.put(message)
        return True

    def stop(self, number, kind):
        with self.lock:
            gate = self.threads.get(number)
        if gate:
            gate.stop(kind)
        elif not self.gate.stop(number, kind):
            with self.lock:
                self.dropped[number] = kind  # it waits its turn, or has just ended

    # Running

    def perform(self, request, gate):
        """Run one request; return the reply without its braces."""
        if "error" in request:
            return failure("crashed", "the request could not be read: " + request["error"])
        operation = self.operations.get(request["op"])
        if not operation:
            if request["op"] not in OPERATIONS:
                return failure("crashed", "unknown operation '%s'" % request["op"])
            module, function = OPERATIONS[request["op"]]
            package = __import__("chaos_worker." + module)
            operation = getattr(getattr(package, module), function)
            self.operations[request["op"]] = operation
        try:
            return operation(self, request, gate)
        except BaseException as x:
            return outcome(x)

    def reply(self, request, body, stopped):
        flush()
        number = request.get("id", 0)
        text = '{"id":%d%s,%s}' % (number, ',"stopped":true' if stopped else "", body)
        if len(text) > wire.FRAME_MAX:
            text = '{"id":%d,%s}' % (number, failure(
                "failed", "the result is larger than the limit of %d MiB" % (wire.FRAME_MAX >> 20)))
        try:
            moved = self.surroundings.changes()
            if moved:
                self.channel.send(moved)
            self.channel.send(text)
        except OSError:
            pass

    def run_foreground(self, request):
        number = request.get("id", 0)
        with self.lock:
            kind = self.dropped.pop(number, 0)
        self.keep_wakeup()
        self.gate.begin(number, kind)
        self.local.gate = self.gate
        body = self.perform(request, self.gate)
        self.reply(request, body, self.gate.end())

    def start_thread(self, request):
        number = request.get("id", 0)
        gate = gates.ThreadGate()
        with self.lock:
            self.threads[number] = gate
        try:
            threading.Thread(target=self.run_background, args=(request, gate), daemon=True,
                             name="chaos-call-%d" % number).start()
        except RuntimeError as x:  # no more threads
            with self.lock:
                del self.threads[number]
            self.reply(request, failure("crashed", str(x)), False)

    def run_background(self, request, gate):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, BLOCKED_BY_READER)
        body = self.perform(request, gate)
        with self.lock:
            self.threads.pop(request.get("id", 0), None)
        self.reply(request, body, gate.stopped)

    def keep_wakeup(self):
        """User code (asyncio) may have taken the wakeup descriptor."""
        try:
            signal.set_wakeup_fd(self.wakeup_end, warn_on_full_buffer=False)
        except ValueError:
            pass

    def serve(self):
        self.wakeup, self.wakeup_end = os.pipe()
        os.set_blocking(self.wakeup_end, False)
        for number in SIGNALS:
            signal.signal(number, self.gate.on_signal)
        signal.signal(gates.STOP_SIGNAL, self.gate.on_stop)
        self.keep_wakeup()
        mark_own_signals(self.gate.own)
        os.register_at_fork(after_in_child=self.forked)
        _thread.start_new_thread(self.read, ())
        while True:
            self.gate.hold = 0
            self.gate.settle()
            request = self.requests.get()
            self.gate.hold = 1
            if request is None:
                break
            self.run_foreground(request)
        for number in SIGNALS:  # what ends us now shall end us
            signal.signal(number, signal.SIG_DFL)

    def forked(self):
        """A child of user code is not the worker: the socket is not its own."""
        self.channel.close()
        for number in (*SIGNALS, gates.STOP_SIGNAL):
            signal.signal(number, signal.SIG_DFL)


def mark_own_signals(own):
    """Remember which signals user code sends to its own process: from the terminal or a service
    manager, the same signal reaches the engine too, and must not count twice."""
    kill, raise_signal = os.kill, signal.raise_signal

    def kill_noted(pid, number, /):
        if pid == os.getpid():
            own.add(number)
        return kill(pid, number)

    def raise_noted(number, /):
        own.add(number)
        return raise_signal(number)

    for noted, original in ((kill_noted, kill), (raise_noted, raise_signal)):
        noted.__name__ = noted.__qualname__ = original.__name__
        noted.__doc__ = original.__doc__
    os.kill, signal.raise_signal = kill_noted, raise_noted


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass  # closed, or replaced by something that cannot


def failure(status, message):
    return '"status":"%s","message":%s' % (status, values.encode(message))


def is_library(x, name):
    """Whether `x` is an exception of chaoslib.exceptions, whichever chaoslib it came from."""
    return any(c.__name__ == name and c.__module__ == "chaoslib.exceptions"
               for c in type(x).__mro__)


def describe(x):
    """The exception in one text, as the reference words it: "KeyError: 'pier'"."""
    import traceback
    try:
        return traceback.format_exception_only(type(x), x)[0].strip()
    except Exception:
        return type(x).__name__


def outcome(x):
    """The reply for an exception outside of an activity's function."""
    if isinstance(x, SystemExit):
        return exited(x)
    if isinstance(x, KeyboardInterrupt):
        return failure("keyboard", describe(x))
    if is_library(x, "InterruptExecution"):
        return failure("interrupted", text_of(x))
    if is_library(x, "ActivityFailed"):
        return failure("failed", text_of(x))
    return failure("crashed", describe(x))


def exited(x):
    body = failure("exited", describe(x))
    code = 0 if x.code is None else x.code
    if isinstance(code, int) and -2**31 <= code < 2**31:
        body += ',"code":%d' % code
    return body


def text_of(x):
    try:
        return str(x)
    except Exception:
        return type(x).__name__


current = None  # the worker of this process, for the bundled chaoslib


def main(root, descriptor, stderr):
    global current
    os.set_inheritable(descriptor, False)
    current = worker = Worker(root, descriptor)
    sys.path.append(os.path.join(root, "bundled"))
    sys.argv[:] = ["chaos"]
    from chaos_worker import hooks
    hooks.install(worker)
    worker.channel.send('{"hello":%d,"python":"%s"}' % (PROTOCOL, sys.version.split()[0]))
    os.dup2(stderr, 2)  # until here the engine kept what we wrote, for its message
    os.close(stderr)
    worker.serve()
