import asyncio
import concurrent.futures
import subprocess


def child():
    return subprocess.run(["sh", "-c", "echo $0; exit 3"], capture_output=True, text=True).returncode


def pool():
    with concurrent.futures.ThreadPoolExecutor(3) as workers:
        return list(workers.map(lambda n: n * n, range(5)))


async def gather():
    return await asyncio.gather(*(asyncio.sleep(0.01, n) for n in range(3)))


def loop():
    return asyncio.run(gather())


def after():
    return "after"
