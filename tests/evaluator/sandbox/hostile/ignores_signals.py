# ruff: noqa
# Every signal ignored: the kill does not ask.
# expect: time
import signal
import time


def group(X):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    time.sleep(3600)
