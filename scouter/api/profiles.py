"""Profiles: register, fetch, replace, switch on and off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Raw, Struct

from scouter.alerting.channels.lacking import missing_settings
from scouter.api.routing import AnyRoute, Request, Route
from scouter.drift.custom import without_boundary
from scouter.errors import Conflict, NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities
from scouter.postgres.tables.features import Features
from scouter.postgres.tables.profiles import document_of
from scouter.profiles import lookup
from scouter.profiles.document import acceptable_profile
from scouter.profiles.lookup import ProfileRef
from scouter.profiles.registration import register
from scouter.profiles.replacement import replace
from scouter.profiles.status import set_status
from scouter.settings.alerting import AlertingSettings
from scouter.wire.profiles import (
    CustomProfile,
    DriftType,
    Profile,
    ProfileStatusRequest,
    RegisterProfileReply,
    RegisterProfileRequest,
    accepted_by_profiles,
)

Name = Annotated[str, Meta(min_length=1, max_length=200)]


class ProfileQuery(Struct, frozen=True):
    """Names one profile."""

    name: Name
    space: Name
    version: str
    drift_type: DriftType


class StatusReply(Struct, frozen=True):
    message: str
    status: str = "success"


class Profiles:
    def __init__(
        self,
        pool: Pool,
        entities: Entities,
        features: Features,
        settings: AlertingSettings,
        now: Callable[[], datetime],
    ) -> None:
        self._pool = pool
        self._settings = settings
        self._entities = entities
        self._features = features
        self._now = now

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "POST",
                "/scouter/profile",
                self.register,
                "Register a profile. With `version_request` it gets a version of its own, without it the one it says.",
                RegisterProfileReply,
                permission="write on the profile's space",
                body=RegisterProfileRequest,
                accepted=accepted_by_profiles,
                errors=(Conflict,),
            ),
            Route(
                "GET",
                "/scouter/profile",
                self.fetch,
                "The stored profile, under its drift type, in the form that every client version reads.",
                dict[str, Raw],
                permission="read on the profile's space",
                query=ProfileQuery,
                accepted=accepted_by_profiles,
                errors=(NotFound,),
            ),
            Route(
                "PUT",
                "/scouter/profile",
                self.replace,
                "Replace the profile whose uid the document names. It keeps its version, its state and its last run.",
                StatusReply,
                permission="write on the space of the uid's profile",
                body=RegisterProfileRequest,
                accepted=accepted_by_profiles,
                errors=(NotFound, Conflict),
            ),
            Route(
                "PUT",
                "/scouter/profile/status",
                self.set_status,
                "Switch a version on or off, for one drift type or, without one, for all.",
                StatusReply,
                permission="write on the profile's space",
                body=ProfileStatusRequest,
                accepted=accepted_by_profiles,
            ),
        ]

    def register(self, request: Request[None, RegisterProfileRequest]) -> RegisterProfileReply:
        body, now = request.body, self._now()
        lookup.authorise(body.space, "write", request.caller)
        profile = acceptable_profile(body, now)
        with self._pool.connection() as connection:
            done = register(connection, body, profile, now)
        entity = done.entity
        self._features.forget(entity.id)
        said = f"registered {entity.drift_type} profile {entity.space}/{entity.name} {entity.version}"
        lacking = missing_settings(done.dispatch_config, self._settings)
        message = _sentence(said, lacking, _hardly_meant(profile))
        return RegisterProfileReply(entity.space, entity.name, entity.version, entity.uid, done.active, message)

    def fetch(self, request: Request[ProfileQuery, None]) -> dict[str, Raw]:
        query = request.query
        ref = ProfileRef(None, query.space, query.name, query.version, query.drift_type.value)
        entity = lookup.find(ref, "read", request.caller, self._entities.find)
        with self._pool.connection() as connection:
            document = document_of(connection, entity.id)
        if document is None:
            raise ref.unknown()
        return {query.drift_type.value: Raw(document.encode())}

    def replace(self, request: Request[None, RegisterProfileRequest]) -> StatusReply:
        body, now = request.body, self._now()
        lookup.authorise(body.space, "write", request.caller)
        profile = acceptable_profile(body, now)
        with self._pool.connection() as connection:
            entity = replace(connection, body, profile, request.caller, now)
        self._features.forget(entity.id)  # names that were refused may be named now
        said = f"replaced {entity.drift_type} profile {entity.space}/{entity.name} {entity.version}"
        return StatusReply(_sentence(said, _hardly_meant(profile)))

    def set_status(self, request: Request[None, ProfileStatusRequest]) -> StatusReply:
        body = request.body
        lookup.authorise(body.space, "write", request.caller)
        with self._pool.connection() as connection:
            count = set_status(connection, body, self._now())
        state = "active" if body.active else "inactive"
        return StatusReply(f"{count} profiles of {body.space}/{body.name} {body.version} are {state}")


def _hardly_meant(profile: Profile) -> str | None:
    """What is wrong with a profile that is accepted all the same."""
    return without_boundary(profile) if isinstance(profile, CustomProfile) else None


def _sentence(*parts: str | None) -> str:
    return "; ".join(part for part in parts if part)
