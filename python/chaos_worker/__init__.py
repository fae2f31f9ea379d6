# SPDX-License-Identifier: Apache-2.0
"""The worker process: Python code on behalf of the engine (docs/design/python-worker.md)."""
