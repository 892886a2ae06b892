"""`io.kestra.plugin.core.http.Download`."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import PurePosixPath
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote, urlsplit

from flowrun.engine.uris import problem_of_parts
from flowrun.errors import TaskFailed
from flowrun.model.log import LogLevel
from flowrun.model.properties import Templated
from flowrun.tasks.http.http_task import LONGEST_ERROR, HttpTask

if TYPE_CHECKING:
    from flowrun.model.http_exchange import HttpAnswer
    from flowrun.model.run_context import RunContext


@dataclass(frozen=True, kw_only=True)
class Download(HttpTask):
    """Stores the answer to a request as a file, whatever its size."""

    output_fields: ClassVar[dict[str, str]] = {
        "uri": "string",
        "code": "integer",
        "length": "integer",
        "headers": "object",
    }

    fail_on_empty_response: Templated[bool] = True
    save_as: Templated[str | None] = None

    def run(self, ctx: RunContext) -> dict[str, Any]:
        with TemporaryFile(prefix="flowrun-") as file:  # not in the working directory, which scripts may share
            _, answer = self.exchange(ctx, file)
            file.seek(0)
            self.check(answer, file.read(LONGEST_ERROR))
            length = answer.length or 0
            self.check_length(ctx, answer, length)
            ctx.log(LogLevel.DEBUG, f"File '{self.uri}' downloaded with size '{length}'")
            file.seek(0)
            uri = ctx.put_file(file, self.file_name(answer))
        return {"uri": uri, "code": answer.code, "length": length, "headers": answer.headers}

    def check_length(self, ctx: RunContext, answer: HttpAnswer, length: int) -> None:
        """Nothing is a failure, unless the flow says otherwise. What failed and may fail has no file to speak of."""
        if length or (answer.code >= 400 and self.failures_allowed):
            return
        if self.fail_on_empty_response:
            raise TaskFailed("No response from server")
        ctx.log(LogLevel.WARN, f"File '{self.uri}' is empty")

    def file_name(self, answer: HttpAnswer) -> str:
        """`saveAs`, else what the answer says, else one by chance with the extension of the URI."""
        if self.save_as:
            return checked(self.save_as)
        if name := name_in(answer.headers.get("content-disposition", [""])[0]):
            return name
        return f"{random.getrandbits(63)}{PurePosixPath(urlsplit(self.uri).path).suffix or '.tmp'}"


def checked(path: str) -> str:
    """A path below the folder of the task run."""
    if ".." in path.split("/"):
        raise TaskFailed("File should be accessed with their full path and not using relative '..' path.")
    if problem := problem_of_parts(path, 0):
        raise TaskFailed(problem)
    return path


def name_in(disposition: str) -> str:
    """The file name of a header `Content-Disposition`, without folders; empty when there is none.

    What cannot stand in a URI is left out, spaces become `+`.
    """
    from email.message import Message

    header = Message()
    header["Content-Disposition"] = disposition
    name = unquote(header.get_filename("")).rpartition("/")[2].rpartition("\\")[2].strip()
    legal = "".join(char for char in name.replace(" ", "+") if char not in ":?#[]%" and not problem_of_parts(char, 0))
    return "" if legal in (".", "..") else legal
