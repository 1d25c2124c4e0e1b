"""What a case is made of: a network, what is there to be found, who takes part, and what sonde must reach."""
from dataclasses import dataclass, field
from typing import Callable


@dataclass
class Contestant:
    """`command(out)`: the argument vector, results below the directory `out`. `found(run)`: what it found, as a set.
    `expected`: where it is not the case's. `beside()`: starts a process of the lab that runs as long as it does.
    `codes`: exit codes with which it has done its work; after another, nothing that it printed is believed."""
    name: str
    command: Callable
    found: Callable
    package: str = ""
    shards: int = 0          # sonde alone: 0 is a peer
    expected: frozenset = None
    timeout: float = 120.0   # seconds; a peer that takes longer is left out, with a word
    beside: Callable = None
    codes: tuple = (0,)
    note: str = ""
    extra: Callable = None   # what else its runs tell: a mapping of numbers

    @property
    def is_sonde(self):
        return self.shards > 0


@dataclass
class Goal:
    """sonde's wall time at most `factor` times that of `peer`, or at most `seconds`; peak memory at most `mib`."""
    text: str
    peer: str = ""
    factor: float = 0.0
    seconds: float = 0.0
    mib: float = 64.0

    def limit(self, medians):
        """Seconds, or None when the peer was not measured. `medians`: name -> wall seconds."""
        if self.peer:
            return self.factor * medians[self.peer] if self.peer in medians else None
        return self.seconds or None


@dataclass
class Case:
    name: str
    title: str
    goal: Goal
    contestants: list = field(default_factory=list)
    expected: frozenset = frozenset()
    what: str = "hosts"      # of which `expected` counts
