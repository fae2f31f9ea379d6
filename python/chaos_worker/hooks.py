# SPDX-License-Identifier: Apache-2.0
"""What happens when user code imports logging, logzero or a part of chaoslib: the log goes to the
engine, and the library's state is that of the run. Done on import, since most of it costs more
than a whole call and user code may never need it."""
import importlib.machinery
import sys

LOGGERS = ("chaostoolkit", "chaostoolkit-lib")


def install(worker):
    sys.meta_path.insert(0, _Finder(worker))


class _Finder:
    def __init__(self, worker):
        self.then = {
            "logging": lambda module: _redirect(worker, module),
            "chaoslib.caching": lambda module: _fill_cache(worker, module),
            "chaoslib.control": lambda module: _fill_controls(worker, module),
        }

    def find_spec(self, name, path=None, target=None):
        if name == "logzero":
            return importlib.machinery.ModuleSpec(name, _Logzero(), is_package=True)
        if name not in self.then:
            return None
        then = self.then.pop(name)
        spec = None
        for finder in sys.meta_path:
            if finder is not self and hasattr(finder, "find_spec"):
                spec = finder.find_spec(name, path, target)
                if spec:
                    break
        if spec and spec.loader and hasattr(spec.loader, "exec_module"):
            execute = spec.loader.exec_module

            def exec_module(module):
                execute(module)
                then(module)

            spec.loader.exec_module = exec_module
        return spec


class _Logzero:
    """The reference replaces logzero by a module with its own logger."""

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        import logging
        module.logger = logging.getLogger("chaostoolkit")


def _redirect(worker, logging):
    formatter = logging.Formatter()

    class EngineHandler(logging.Handler):
        def emit(self, record):
            try:
                text = formatter.format(record)
            except Exception:
                self.handleError(record)
                return
            worker.log(record.levelno, text, record.module, record.lineno)

    handler = EngineHandler()
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.propagate = False
        logger.setLevel(logging.DEBUG if worker.debug else logging.INFO)


def _fill_cache(worker, caching):
    from chaos_worker import documents
    cache = getattr(caching, "_cache", None)
    if isinstance(cache, dict):  # the reference's own
        documents.of(worker).caches.append(cache)
        documents.of(worker).fill_cache(cache)


def _fill_controls(worker, control):
    known = getattr(control, "global_controls", None)
    if isinstance(known, list):
        answer = worker.ask("document", name="controls")
        known[:] = answer.get("output") or []


def sync_settings(worker):
    """In the main thread: the reference keeps its settings in a context variable."""
    module = sys.modules.get("chaoslib.settings")
    variable = getattr(module, "loaded_settings", None)
    if hasattr(variable, "set"):
        variable.set(worker.settings)
