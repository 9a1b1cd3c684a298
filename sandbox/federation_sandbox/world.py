# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The world of both clouds: one clock, settings, faults, the traffic log, and the state of each service."""

from __future__ import annotations

import collections.abc
import copy
import dataclasses
import datetime as dt
import random
import threading
import typing as t

from federation_sandbox.faults import Faults
from federation_sandbox.limits import Limiter
from federation_sandbox.traffic import Traffic

S = t.TypeVar("S")
V = t.TypeVar("V")


@dataclasses.dataclass
class Settings:
    """The settings that the controls under /sandbox/settings change. Durations are in seconds, and 0 by default."""

    #: how long a write to Microsoft Graph stays unseen by reads of single objects
    graph_replication: float = 0.0
    #: how long lists and filters of Microsoft Graph lag behind
    graph_index_lag: float = 0.0
    #: how long the lists of assignments lag behind
    graph_assignments_lag: float = 0.0
    #: the share of reads that an old replica answers until graph_replication is over; with 0 every read is that much
    #: behind
    graph_flapping: float = 0.0
    #: how long the federation metadata document lags behind the service principal's credentials
    metadata_lag: float = 0.0
    #: how long IAM needs until a change takes effect
    iam_replication: float = 0.0
    #: as graph_flapping, of iam_replication
    iam_flapping: float = 0.0
    #: how long a new Amazon Connect instance stays CREATION_IN_PROGRESS
    instance_creation: float = 0.0
    #: how long reads and lists of instances and users lag behind a write
    connect_replication: float = 0.0
    #: how long SearchUsers lags behind a write
    connect_search_lag: float = 0.0
    #: as graph_flapping, of connect_replication and connect_search_lag
    connect_flapping: float = 0.0
    #: by how many seconds Entra ID's clock is ahead of AWS's; behind where it is negative
    entra_clock_skew: float = 0.0
    #: by how many seconds AWS's clock is ahead of this machine's where it checks signatures
    aws_clock_skew: float = 0.0
    #: what decides which replica answers which request: the same seed and requests, the same answers
    flapping_seed: int = 0
    #: how long the ClientToken of a new Amazon Connect instance is remembered; for ever when zero (no source says how
    #: long AWS does)
    client_token_memory: float = 0.0
    #: whether us-east-1.signin.aws.amazon.com answers, which is not in AWS's table though third parties use it
    undocumented_signin_host: bool = False
    # --- how the clouds answer open questions (docs/not-verified.md): each as we assume, unless a report says otherwise
    # ---

    #: whether an identifier may have any suffix behind #, else digits alone
    identifier_suffixes: bool = True
    #: whether a non-gallery application takes AWS's urn:amazon:webservices
    urn_identifiers_on_custom_applications: bool = True
    #: whether a gallery application that signs in with SAML can be deleted at once
    saml_applications_deletable: bool = False
    #: whether deleted applications hold their identifiers
    deleted_hold_identifiers: bool = True
    #: whether a service principal takes several claims mapping policies
    several_claims_policies: bool = False
    #: whether a claims mapping policy can be deleted that is assigned
    assigned_policies_deletable: bool = True
    #: whether an application without a certificate has federation metadata, with the tenant's keys
    metadata_before_certificate: bool = True
    #: how many seconds later than asked for a signing certificate ends
    certificate_end_drift: float = 0.0
    #: whether a kept credential may come back without its key, instead of null
    kept_key_may_be_left_out: bool = False
    #: the same, of the keys of an application
    application_key_may_be_left_out: bool = False
    #: whether a new key of an application has the identifier that it came with
    application_keys_keep_their_ids: bool = True
    #: whether a read without $select shows the credentials
    plain_reads_show_credentials: bool = True
    #: whether the caller of instantiate owns what it makes
    instantiate_sets_owner: bool = False
    #: whether identities can be selected of a group's members
    member_identities: bool = True
    #: whether a filter takes `or` between two lambdas
    or_of_lambdas: bool = True
    #: whether a filter on proxyAddresses ignores case
    proxy_addresses_ignore_case: bool = True
    #: whether the token endpoint of a tenant has the tenant's id, else its first domain
    token_endpoint_has_tenant_id: bool = True
    #: whether Application.ReadWrite.All is enough to assign
    assignments_with_application_permission: bool = True
    #: whether the sign-on mode can be set back to null
    sign_on_mode_clearable: bool = True
    #: whether Application.ReadWrite.OwnedBy is enough to purge an application of one's own
    owners_may_purge: bool = True
    #: whether AWS's gallery template is there
    aws_template_in_the_cloud: bool = True
    #: whether an update of a SAML provider leaves what it does not name
    provider_updates_keep: bool = True
    #: whether IAM takes metadata with several signing certificates
    several_certificates: bool = True
    #: whether SearchUsers gives the time limits by channel in milliseconds, as it does that of the phone
    channel_limits_in_milliseconds: bool = True
    #: whether UpdateUserIdentityInfo clears what is left out
    identity_updates_clear: bool = True
    #: whether UpdateUserHierarchy takes a request without a group
    hierarchy_without_group: bool = True
    #: how long the profiles of a new Amazon Connect instance are missing from lists
    profile_creation: float = 0.0
    #: added to every answer
    latency: float = 0.0
    #: whether each service's rate limits are enforced
    limits: bool = True
    #: multiplies every rate limit, so that a test need not take as long as the real clouds would
    limit_scale: float = 1.0
    #: whether every write is refused, which proves that check mode makes none
    refuse_writes: bool = False

    def change(self, values: t.Mapping[str, t.Any]) -> None:
        """Set the named settings; a name or type that does not exist is refused with ValueError."""
        kinds = {field.name: type(getattr(Settings(), field.name)) for field in dataclasses.fields(self)}
        for name, value in values.items():
            if name not in kinds:
                raise ValueError(f"there is no setting {name!r}; there are {', '.join(sorted(kinds))}")
            if isinstance(value, bool) != (kinds[name] is bool):
                raise ValueError(f"{name} takes a {kinds[name].__name__}, not {value!r}")
            if name.endswith("_flapping") and not 0 <= value <= 1:
                raise ValueError(f"{name} is a share from 0 to 1, not {value!r}")
            setattr(self, name, kinds[name](value))


class Clock:
    """The world's time: the machine's, moved by what the controls say, or held.

    All that takes time in the clouds takes this one: delays of replication, limits that refill, certificates, sessions.
    While it is held, it moves by the calls that are made, so that what a client meets does not depend on the machine.
    """

    def __init__(self) -> None:
        #: how far it is from the machine's, unless it is held
        self.offset = dt.timedelta()
        #: the instant at which it is held
        self.held: dt.datetime | None = None
        #: by how much each call moves it while it is held
        self.step = dt.timedelta()

    def now(self) -> dt.datetime:
        """The time in UTC, with zone."""
        return self.held or dt.datetime.now(dt.UTC) + self.offset

    def hold(self, step: float = 0.0) -> None:
        """Stop the clock. step: the seconds by which each call to a service advances it."""
        self.held, self.step = self.now(), dt.timedelta(seconds=step)

    def release(self) -> None:
        """Let the clock run on from its current time."""
        if self.held is not None:
            self.offset, self.held = self.held - dt.datetime.now(dt.UTC), None

    def tick(self) -> None:
        """Advance a stopped clock for a call."""
        if self.held is not None and self.step:
            self.held += self.step

    def advance(self, by: dt.timedelta) -> None:
        """Move the clock; a negative duration moves it back."""
        self.set(self.now() + by)

    def set(self, to: dt.datetime) -> None:
        """Move the clock to a time."""
        if self.held is not None:
            self.held = to
        else:
            self.offset = to - dt.datetime.now(dt.UTC)


class Replicas:
    """Which replica answers a request, in an order that a seed reproduces. Consecutive reads may return older and older
    states.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seed = 0
        self._random = random.Random(0)  # noqa: S311
        self._request = threading.local()

    def reach(self, seed: int, *, oldest: bool = False) -> None:
        """Send the request of this thread to another replica. oldest: to the one with the longest delay."""
        with self._lock:
            if seed != self._seed:
                self._seed, self._random = seed, random.Random(seed)  # noqa: S311
            drawn = self._random.random()
            self._request.drawn = -1.0 if oldest else drawn

    def is_old(self, share: float) -> bool:
        """Whether the request of this thread reached a replica that is among the given share of old ones."""
        return bool(getattr(self._request, "drawn", 1.0) < share)


class World:
    """The state of a sandbox process."""

    def __init__(self, answers: t.Mapping[str, t.Any] | None = None) -> None:
        """answers: settings that hold from the start and after each reset, as a report of the live clouds decides
        them.
        """
        self._answers = dict(answers or {})
        self.lock = threading.RLock()
        self.traffic = Traffic()
        self._start_over()

    def _start_over(self) -> None:
        self.clock = Clock()
        self.settings = Settings()
        self.settings.change(self._answers)
        self.faults = Faults()
        self.limiter = Limiter(lambda: self.clock.now().timestamp())
        self.replicas = Replicas()
        self._states: dict[type[t.Any], t.Any] = {}

    def state(self, kind: type[S]) -> S:
        """The state of one service: an instance of kind, made as kind(world) when first asked for."""
        with self.lock:
            if kind not in self._states:
                self._states[kind] = kind(self)  # type: ignore[call-arg]
            return t.cast("S", self._states[kind])

    def entra_now(self) -> dt.datetime:
        """The time by Entra ID's clock."""
        return self.clock.now() + dt.timedelta(seconds=self.settings.entra_clock_skew)

    def lag(self, lag: float, flapping: float) -> float:
        """The seconds by which the replica is behind that answers this request.

        lag: the setting. flapping: the share of old replicas; the others are up to date. With 0 there is one replica,
        which lags.
        """
        return lag if not flapping or self.replicas.is_old(flapping) else 0.0

    def reset(self) -> None:
        """Empty both clouds, and reset settings, faults, limits, traffic and the clock. Settings from a report of the
        live probe are kept.
        """
        with self.lock:
            self._start_over()
            self.traffic.clear()

    def snapshot(self) -> collections.abc.Callable[[], None]:
        """Save both clouds, the clock and the settings; returns a function that restores them, which can be called
        repeatedly.

        Restoring clears faults, limits and traffic. References to states that were obtained earlier become stale;
        obtain them again.
        """
        with self.lock:
            clock, settings = self.clock, self.settings
            time, values = (clock.offset, clock.held, clock.step), dataclasses.asdict(settings)
            # What all states share is not copied, because some of their functions keep references to it.
            shared = {id(part): part for part in (self, clock, settings)}
            states = copy.deepcopy(self._states, dict(shared))

        def restore() -> None:
            with self.lock:
                self.reset()
                self.clock, self.settings = clock, settings
                clock.offset, clock.held, clock.step = time
                settings.change(values)
                self._states = copy.deepcopy(states, dict(shared))

        return restore


class EventuallyConsistent(t.Generic[V]):
    """Objects by key whose reads lag behind the writes, as in the clouds.

    lag: returns the seconds by which reads are behind. longest_lag: those of the oldest replica, when that differs.
    Values are copied on the way in and out; peek and peek_all show the stored value itself, which the caller must not
    change, so that pages of large collections cost no copies.
    """

    def __init__(
        self, clock: Clock, lag: t.Callable[[], float], longest_lag: t.Callable[[], float] | None = None
    ) -> None:
        self._clock = clock
        self._lag = lag
        self._longest_lag = longest_lag or lag
        self._versions: dict[str, list[tuple[dt.datetime, V | None]]] = {}

    def put(self, key: str, value: V, settled: bool = False) -> None:
        """Write a complete object. settled: every read returns it at once."""
        if settled:
            self._versions[key] = [(dt.datetime.min.replace(tzinfo=dt.UTC), copy.deepcopy(value))]
        else:
            self._append(key, copy.deepcopy(value))

    def delete(self, key: str) -> None:
        """Delete an object. Reads return it until they have caught up."""
        self._append(key, None)

    def latest(self, key: str) -> V | None:
        """The object as it was last written."""
        versions = self._versions.get(key)
        return copy.deepcopy(versions[-1][1]) if versions else None

    def get(self, key: str, lag: float | None = None) -> V | None:
        """The object as a read returns it now."""
        return copy.deepcopy(self._seen(key, self._horizon(lag)))

    def peek(self, key: str, lag: float | None = None) -> V | None:
        """Like get, without a copy."""
        return self._seen(key, self._horizon(lag))

    def peek_all(self, lag: float | None = None) -> collections.abc.Iterator[V]:
        """Like all, as an iterator and without copies."""
        horizon = self._horizon(lag)
        for versions in self._versions.values():
            value = next((value for written, value in reversed(versions) if written <= horizon), None)
            if value is not None:
                yield value

    def all(self, lag: float | None = None) -> dict[str, V]:
        """Every object as a list returns it now, in the order of creation."""
        horizon = self._horizon(lag)
        seen = ((key, self._seen(key, horizon)) for key in self._versions)
        return {key: copy.deepcopy(value) for key, value in seen if value is not None}

    def all_latest(self) -> dict[str, V]:
        """Every object as it was last written."""
        return {
            key: copy.deepcopy(versions[-1][1])
            for key, versions in self._versions.items()
            if versions[-1][1] is not None
        }

    def _append(self, key: str, value: V | None) -> None:
        horizon = self._horizon(self._longest_lag())
        versions = self._versions.setdefault(key, [])
        while len(versions) > 1 and versions[1][0] <= horizon:
            versions.pop(0)
        versions.append((self._clock.now(), value))

    def _horizon(self, lag: float | None) -> dt.datetime:
        return self._clock.now() - dt.timedelta(seconds=self._lag() if lag is None else lag)

    def _seen(self, key: str, horizon: dt.datetime) -> V | None:
        for written, value in reversed(self._versions.get(key, ())):
            if written <= horizon:
                return value
        return None
