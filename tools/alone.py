#!/usr/bin/python3
"""alone.py COMMAND…: brings the loopback interface up and runs the command. Used
inside of `unshare --net`, where nothing else is: no port is taken, no byte can
leave the machine, and a part of the tests does not meet another."""
import fcntl
import os
import socket
import struct
import sys

SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack('16sH14x', b'lo', IFF_UP))
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == '__main__':
    main()
