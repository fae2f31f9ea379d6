# SPDX-License-Identifier: Apache-2.0
"""Started as: python3 .../chaos_worker/__main__.py SOCKET_FD STDERR_FD"""
import sys

if sys.version_info < (3, 9):
    sys.stderr.write("Python 3.9 or later is needed, this one is %d.%d\n" % sys.version_info[:2])
    sys.exit(1)

import os  # noqa: E402

_package = os.path.dirname(os.path.abspath(__file__))
_root = os.path.dirname(_package)
if sys.path and os.path.abspath(sys.path[0]) == _package:
    del sys.path[0]  # the names of our modules are not for user code
sys.path.insert(0, _root)
from chaos_worker.worker import main  # noqa: E402

del sys.path[0]
main(_root, int(sys.argv[1]), int(sys.argv[2]))
