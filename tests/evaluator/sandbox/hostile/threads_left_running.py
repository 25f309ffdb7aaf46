# ruff: noqa
# Threads that never end die with the job.
# expect: ok
import threading
import time


def group(X):
    for _ in range(5):
        threading.Thread(target=time.sleep, args=(600,)).start()
    return X["age"] > 0
