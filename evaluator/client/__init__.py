"""The site from a notebook or a terminal: look at data, try a group, send it, read the verdict. No Django in it.

from evaluator.client import Client

client = Client("https://bounty.example.org", token="bb_...")
sent = client.submit("doctors", expression="age < 4", patch="fit")
print(client.wait(sent).verdict["sentence"])
"""

from evaluator.client.client import Client
from evaluator.client.errors import (
    BadToken,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    ServerFault,
    TooManyRequests,
    Unreachable,
)
from evaluator.client.results import BoardRow, Competition, DryRun, ModelState, Preview, Submission

__all__ = [
    "BadToken",
    "BoardRow",
    "Client",
    "Competition",
    "Conflict",
    "DryRun",
    "Forbidden",
    "Invalid",
    "ModelState",
    "NotFound",
    "Preview",
    "Problem",
    "ServerFault",
    "Submission",
    "TooManyRequests",
    "Unreachable",
]
