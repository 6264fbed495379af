"""Everything that trackproof raises on purpose: what happened, to whom, and the remedy.

TrackproofError
├── UsageError            bad option, configuration or input file; exit code 2
│   ├── ConfigurationError   trackproof.toml or the environment
│   └── ContractError        a profile folder that does not hold together
├── WorkerLost            a process that judges a part of a recording is gone; exit code 2
├── NotKept               the sandbox's file cannot be written to any more
├── LoadFailed            the processes of a load did not come to their end; exit code 3
├── TargetUnreachable     no HTTP answer at all; exit code 4
└── CredentialsRefused    the configured token is refused; exit code 4
"""

from __future__ import annotations


class TrackproofError(Exception):
    """The root of the tree; `remedy` is one sentence that says what to do next."""

    exit_code = 2

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}\n{self.remedy}" if self.remedy else self.what


class UsageError(TrackproofError):
    """An option, a file or a value that cannot be used as given."""


class ConfigurationError(UsageError):
    """`trackproof.toml` or an environment variable says something that cannot be used."""


class ContractError(UsageError):
    """A profile folder is incomplete, or its files contradict one another."""


class WorkerLost(TrackproofError):
    """A process that judged a part of a recording was ended from outside."""


class NotKept(TrackproofError):
    """The sandbox's file cannot be written to any more: what came last is not kept."""


class LoadFailed(TrackproofError):
    """The processes that send a load ended early, or never began: nothing can be said of the target."""

    exit_code = 3


class TargetUnreachable(TrackproofError):
    """No HTTP answer came at all."""

    exit_code = 4


class CredentialsRefused(TrackproofError):
    """The target refuses the configured token on a well-formed lead."""

    exit_code = 4
