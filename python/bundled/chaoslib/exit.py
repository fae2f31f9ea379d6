# SPDX-License-Identifier: Apache-2.0
"""Ways for an extension to end the run."""
import contextlib
import os
import signal

__all__ = ["exit_gracefully", "exit_signals", "exit_ungracefully"]


def exit_gracefully():
    """End the run now; rollbacks are played as the strategy says."""
    os.kill(os.getpid(), signal.SIGUSR1)


def exit_ungracefully():
    """End the run now, without any rollback."""
    os.kill(os.getpid(), signal.SIGUSR2)


@contextlib.contextmanager
def exit_signals():
    """The engine watches for signals itself."""
    yield
