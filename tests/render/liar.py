"""A worker that greets well and then talks nonsense."""

import socket
import sys

from server.render.messages import VERSION, Hello, encoded

wire = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
wire.sendall(sys.stdin.buffer.readline())
wire.sendall(encoded(Hello(VERSION)))
wire.recv(1000)
wire.sendall(b"\0\0\0\5hello, and so on")
sys.stdin.buffer.read()
