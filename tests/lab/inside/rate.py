"""Counts what a device receives, with the time of each look, for as long as a process lives.

rate.py DEVICE PID FILE: every 2 ms a row [before, packets, after] (monotonic seconds around the look), and every 50 ms
{"at": seconds, "waited": seconds that the threads of PID stood in the queue for a processor, "stolen": seconds that the
hypervisor kept from this machine}. Written to FILE when PID is gone.
"""
import json
import os
import sys
import time


def waited(pid):
    nanoseconds = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            nanoseconds += int(file.read().split()[1])
    return nanoseconds / 1e9


def stolen():
    with open("/proc/stat", encoding="ascii") as file:
        return int(file.readline().split()[8]) / os.sysconf("SC_CLK_TCK")


def main():
    device, pid, path = sys.argv[1:]
    counter = os.open(f"/sys/class/net/{device}/statistics/rx_packets", os.O_RDONLY)
    rows, next_look = [], 0
    try:
        while True:
            before = time.monotonic()
            packets = int(os.pread(counter, 32, 0))
            rows.append([before, packets, time.monotonic()])
            if before >= next_look:
                rows.append({"at": before, "waited": waited(pid), "stolen": stolen()})
                next_look = before + 0.05
            time.sleep(0.002)
    except (FileNotFoundError, ProcessLookupError):
        pass
    with open(path, "w", encoding="ascii") as file:
        json.dump(rows, file)


main()
