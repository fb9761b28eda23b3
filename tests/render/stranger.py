"""A worker of a version that is not known yet."""

import socket
import sys

from server.render.messages import VERSION, Hello, encoded

wire = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
wire.sendall(sys.stdin.buffer.readline())
wire.sendall(encoded(Hello(VERSION + 1)))
sys.stdin.buffer.read()
