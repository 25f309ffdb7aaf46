"""A group that tries to read what is none of its business; the jail has neither files nor a network."""

import socket


def group(X):
    socket.create_connection(("127.0.0.1", 6379), timeout=1).sendall(b"KEYS *\r\n")
    return X["age"] > 0
