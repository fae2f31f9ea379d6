import os


def set_variable(name, value):
    os.environ[name] = value


def drop_variable(name):
    del os.environ[name]


def update(**names):
    os.environ.update(names)


def move(path):
    os.chdir(path)


def listing():
    return sorted(os.listdir("."))


def prepend_path(folder):
    with open(folder + "/hammer", "w") as tool:
        tool.write("#!/bin/sh\necho bang\n")
    os.chmod(folder + "/hammer", 0o755)
    os.environ["PATH"] = os.path.abspath(folder) + os.pathsep + os.environ["PATH"]
