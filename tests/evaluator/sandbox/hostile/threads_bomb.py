# ruff: noqa
# Threads until something gives: the limit is the job's own.
# expect: crashed
import threading
import time


def group(X):
    while True:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
