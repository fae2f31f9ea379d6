from chaoslib import convert_vars, merge_vars, substitute
from chaoslib.types import Configuration, Secrets


def use(configuration: Configuration = None, secrets: Secrets = None):
    return [substitute("${word} tree", configuration, secrets),
            substitute("$word", configuration, secrets),
            convert_vars(["a:int=3", "b=x"])]


def run_other(configuration=None):
    from chaoslib.caching import lookup_activity
    return lookup_activity("other")["name"]
