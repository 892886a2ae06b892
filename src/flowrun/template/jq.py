"""jq programs, none of which can hang a run or fill the memory.

The library runs a program in one call that nothing can interrupt, not even Ctrl-C. So it has a process of its own, which
can be killed: it is started when first needed, answers one program after the other, and ends with this process.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import threading
from contextlib import suppress
from importlib.util import find_spec
from typing import Any, Final

from flowrun.template.callables import Failure
from flowrun.template.limits import LONGEST_JQ_TIME, MOST_JQ_MEMORY, LimitReached

SERVER: Final = """
import json, resource, sys
sys.path[:] = json.loads(sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
import jq
for line in sys.stdin:
    try:
        program, text = json.loads(line)
        answer = json.dumps({"results": jq.compile(program).input_text(text).all()})
    except MemoryError:
        answer = '{"memory": true}'
    except Exception:
        answer = "{}"
    print(answer, flush=True)
"""


class Engine:
    """The process, and who may talk to it: one thread at a time. `seconds`: what one program may take."""

    def __init__(self, seconds: float = LONGEST_JQ_TIME) -> None:
        self.seconds = seconds
        self.lock = threading.Lock()
        self.process: subprocess.Popen[str] | None = None

    def run(self, program: str, text: str) -> list[Any]:
        """All results of a program for a JSON text. Raises `ValueError` for a bad one, `LimitReached`, `Failure`."""
        with self.lock:
            answer = self.ask(json.dumps([program, text]))
        if answer is None or "memory" in answer:
            limits = f"{self.seconds:g} seconds or {MOST_JQ_MEMORY >> 20} MB"
            raise LimitReached(f"The jq program takes more than {limits}")
        if "results" not in answer:
            raise ValueError("no program, or not for this input")
        results: list[Any] = answer["results"]
        return results

    def ask(self, question: str) -> dict[str, Any] | None:
        """One line there, one line back; None when the process had to be killed, or gave up, over it."""
        process = self.process = self.process or started()
        assert process.stdin
        assert process.stdout
        timer = threading.Timer(self.seconds, process.kill)
        timer.daemon = True
        timer.start()
        try:
            process.stdin.write(question + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        except BaseException:  # Ctrl-C: nobody is to get this answer for the next question
            self.close()
            raise
        finally:
            timer.cancel()
        if answer.endswith("\n"):
            found: dict[str, Any] = json.loads(answer)
            return found
        self.close()
        return None

    def close(self) -> None:
        """End the process."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(BrokenPipeError):  # what it did not read any more
                    pipe.close()  # type: ignore[union-attr]


def started() -> subprocess.Popen[str]:
    """The process, with nothing of this one's environment and without its signals."""
    if find_spec("jq") is None:
        raise Failure("The 'jq' filter needs the package jq: pip install jq")
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-I", "-S", "-c", SERVER, json.dumps(sys.path), str(MOST_JQ_MEMORY)],
        env={},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )


ENGINE: Final = Engine()
atexit.register(ENGINE.close)
