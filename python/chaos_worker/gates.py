# SPDX-License-Identifier: Apache-2.0
"""When a running call may be stopped: only inside user code, never inside ours.

A stop is an exception raised in the thread of the call: in the main thread by a signal handler, in
others by CPython's PyThreadState_SetAsyncExc. A gate is open while user code runs; a stop that
comes while it is closed waits until it opens.
"""
import signal
import sys
import threading

STOP_SIGNAL = signal.SIGRTMIN + 6  # ours; user code is unlikely to use it

KEYBOARD, INTERRUPT, EXIT_20, EXIT_30, EXPERIMENT_EXITED, ABANDON = range(1, 7)


def _library_exception(name):
    """The class of chaoslib.exceptions if user code has imported it, else one just like it."""
    known = getattr(sys.modules.get("chaoslib.exceptions"), name, None)
    return known or type(name, (Exception,), {"__module__": "chaoslib.exceptions"})


def stop_exception(kind):
    if kind == INTERRUPT:
        return _library_exception("InterruptExecution")("SIGTERM signal received")
    if kind == EXIT_20:
        return SystemExit(20)
    if kind == EXIT_30:
        return SystemExit(30)
    if kind == EXPERIMENT_EXITED:
        return _library_exception("ExperimentExitedException")()
    return KeyboardInterrupt()


class MainGate:
    """The gate of the main thread, where one foreground call runs at a time."""

    def __init__(self, report):
        self.hold = 1          # closed while above 0
        self.lock = threading.Lock()
        self.call = None       # number of the running call
        self.kind = 0          # how it is to be stopped
        self.stopped = False   # it was
        self.stop_came = threading.Event()
        self.signals = []      # came while closed
        self.report = report
        self.thread = threading.get_ident()
        self.own = set()       # signals that user code sent to itself

    def begin(self, number, kind):
        self.stop_came.clear()
        self.stopped = False
        with self.lock:
            self.call = number
            self.kind = kind

    def end(self):
        self.hold = 1
        with self.lock:
            self.call = None
            self.kind = 0
        return self.stopped

    def stop(self, number, kind):
        """From the reading thread: stop the call if it still runs."""
        with self.lock:
            if self.call != number:
                return False
            self.kind = kind
        self.stop_came.set()
        signal.pthread_kill(self.thread, STOP_SIGNAL)
        return True

    def user(self, function, *args, **kwargs):
        """Run user code: the only place where a stop is raised."""
        try:
            self.open()
            return function(*args, **kwargs)
        finally:
            self.hold = 1

    def open(self):
        self.hold = 0
        self.settle()

    def send(self, channel, text):
        """Send from within user code (a log record, a question)."""
        self.hold += 1
        try:
            channel.send(text)
        finally:
            self.hold -= 1
        self.settle()

    def settle(self):
        """Do what waited for the gate to open."""
        while self.signals and not self.hold:
            self.signal(self.signals.pop(0))
        if self.kind and not self.stopped and not self.hold:
            self.raise_stop()

    def raise_stop(self):
        self.stopped = True
        self.hold = 1  # raised once
        raise stop_exception(self.kind)

    def on_stop(self, number, frame):
        """The handler of STOP_SIGNAL, in the main thread."""
        if self.kind and not self.stopped and not self.hold:
            self.raise_stop()

    def on_signal(self, number, frame):
        """The handler of the signals that the engine acts on."""
        if number in (signal.SIGINT, signal.SIGTERM):
            if number not in self.own:
                return  # meant for the engine, which has got its own
            self.own.discard(number)
        if self.hold:
            self.signals.append(number)
        else:
            self.signal(number)

    def signal(self, number):
        """Report it, and let user code go on only when the engine does not stop it: for user code
        the signal takes effect at once, as in the reference."""
        hold, self.hold = self.hold, 1
        self.report(number)
        if self.call is not None:
            self.stop_came.wait(1.0)
        self.hold = hold
        if not hold and self.kind and not self.stopped:
            self.raise_stop()


class ThreadGate:
    """The gate of a call that has a thread of its own."""

    def __init__(self):
        self.lock = threading.Lock()
        self.thread = None
        self.is_open = False
        self.kind = 0
        self.stopped = False

    def stop(self, kind):
        with self.lock:
            self.kind = kind
            if self.is_open and not self.stopped:
                self.stopped = True
                _raise_in(self.thread, type(stop_exception(kind)))

    def user(self, function, *args, **kwargs):
        try:
            with self.lock:
                self.thread = threading.get_ident()
                if self.kind and not self.stopped:
                    self.stopped = True
                    raise stop_exception(self.kind)
                self.is_open = True
            return function(*args, **kwargs)
        finally:
            with self.lock:
                self.is_open = False
            _checkpoint()

    @staticmethod
    def send(channel, text):
        channel.send(text)


def _checkpoint():
    """Calling a Python function delivers an exception that another thread has set."""


def _raise_in(thread, exception):
    import ctypes
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(exception))
