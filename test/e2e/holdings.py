"""What a process of this machine holds, and has used."""
import os
from typing import NamedTuple

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Holdings(NamedTuple):
    resident_kib: int
    open_files: int
    threads: int
    processor_seconds: float

    @property
    def resident_mib(self):
        return self.resident_kib / 1024


def holdings(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as text:
        status = dict(line.split(":", 1) for line in text)
    with open(f"/proc/{pid}/stat", encoding="ascii") as text:
        fields = text.read().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return Holdings(int(status["VmRSS"].split()[0]), len(os.listdir(f"/proc/{pid}/fd")),
                    int(status["Threads"]), ticks / TICKS_PER_SECOND)
