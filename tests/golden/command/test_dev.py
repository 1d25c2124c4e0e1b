"""The developer's script where nobody looks: what is heard of a build that takes minutes."""
import subprocess
from pathlib import Path

DEV = Path(__file__).parents[3] / "dev"


def steps(writes):
    """What compile() lets through of the output of ninja, which a shell command writes here; a line every two seconds."""
    script = f"set -euo pipefail\neval \"$(sed -n '/^steps() {{/,/^}}/p' '{DEV}')\"\n{{ {writes}; }} | steps 2"
    return subprocess.run(["bash", "-c", script], timeout=60, capture_output=True, text=True, check=False)


def test_a_build_tells_how_far_it_is():
    done = steps("echo \"ninja: Entering directory 'x'\"; echo '[1/640] a.o'; sleep 3.1; echo '[160/640] b.o'; "
                 "echo '[161/640] c.o'; echo 'ninja: no work to do.'")
    assert (done.returncode, done.stdout) == (0, "   built 160 of 640\n"), done


def test_a_build_that_fails_says_why():
    done = steps("echo '[1/2] a.o'; echo 'FAILED: a.o'; echo 'a.c:1: error: no'; exit 3")
    assert (done.returncode, done.stdout) == (3, "FAILED: a.o\na.c:1: error: no\n"), done
