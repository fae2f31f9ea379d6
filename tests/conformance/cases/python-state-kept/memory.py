import atexit
import threading

seen = []
threads = []


def leave():
    with open("left.txt", "w") as out:
        out.write("left after %d\n" % len(seen))


atexit.register(leave)


def count():
    seen.append(1)
    return len(seen)


def say(word):
    print(word, end="")
    return word


def thread():
    threads.append(threading.Thread(target=seen.append, args=(1,)))
    threads[0].start()


def joined():
    threads[0].join()
    return len(seen)
