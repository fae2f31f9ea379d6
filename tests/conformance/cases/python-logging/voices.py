import logging
import warnings
own = logging.getLogger("chaostoolkit")


def speak():
    log = logging.getLogger("chaostoolkit")
    log.debug("a %s", "whisper")
    log.warning("careful with '%s' and '%s'", "fire", "ice")
    log.error("broken '%s'", "mast")
    log.critical("sinking '%s'", "hull")
    return True


def warn():
    own.warning("from '%s'", "logzero")
    return logging.getLogger("chaostoolkit").getEffectiveLevel()


def trace():
    try:
        {}["oar"]
    except KeyError:
        logging.getLogger("chaostoolkit").error("lost '%s'", "oar", exc_info=True)
