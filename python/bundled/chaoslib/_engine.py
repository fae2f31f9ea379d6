# SPDX-License-Identifier: Apache-2.0
"""The way from this library to the engine that runs the experiment."""
from chaos_worker import documents, worker
from chaoslib.exceptions import ActivityFailed, ChaosException, InterruptExecution


def ask(op, **fields):
    """The engine's answer; its failure as the exception that it stands for."""
    answer = worker.current.ask(op, **fields)
    status, message = answer.get("status"), answer.get("message") or ""
    if status in (None, "succeeded"):
        return answer.get("output")
    if status == "interrupted":
        raise InterruptExecution(message)
    if status == "failed":
        raise ActivityFailed(message)
    if status == "exited":
        raise SystemExit(answer.get("code", 1))
    raise ChaosException(message)


def document(name):
    return documents.of(worker.current).get(name)
