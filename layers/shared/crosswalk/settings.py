"""Every environment variable that Crosswalk reads, typed. A wrong one stops its function when that starts, by name."""

import os
from collections.abc import Callable
from functools import cache
from typing import Self

from pydantic import Field, FilePath, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def check_settings(read: Callable[[], object]) -> None:
    """Read settings that have no defaults when a function starts, so that it is not its first request that fails.

    Only where Lambda, or what plays its part, starts one: tests, and what writes openapi.json, import it without them.
    """
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        read()


class ServiceSettings(BaseSettings):
    """What every function needs."""

    model_config = SettingsConfigDict(frozen=True)

    allowed_origins: str = ""
    """ALLOWED_ORIGINS: the origins, comma-separated, whose pages may call the API from a browser."""

    crosswalk_version: str = "development"
    """CROSSWALK_VERSION: what GET /health answers."""

    crosswalk_release: str = "development"
    """CROSSWALK_RELEASE: tells this release's unexpected errors from another's."""

    @field_validator("allowed_origins")
    @classmethod
    def check_origins(cls, origins: str) -> str:
        for origin in origins.split(","):
            if origin and (not origin.strip().startswith(("http://", "https://")) or origin.strip().endswith("/")):
                raise ValueError("give origins such as https://example.org, separated by commas")
        return origins

    @property
    def origins(self) -> list[str]:
        """The allowed origins, one by one."""
        return [origin.strip() for origin in self.allowed_origins.split(",") if origin.strip()]


@cache
def read_service_settings() -> ServiceSettings:
    """The service's settings, read once for each execution environment."""
    return ServiceSettings()


class DatabaseSettings(BaseSettings):
    """How to reach PostgreSQL. An error names the variable as it is spelled outside; an empty one counts as not set."""

    model_config = SettingsConfigDict(
        frozen=True, alias_generator=str.upper, hide_input_in_errors=True, env_ignore_empty=True
    )

    postgres_db_host: str = Field("127.0.0.1", min_length=1)
    """POSTGRES_DB_HOST: the server; on AWS the proxy in front of it."""

    postgres_db_port: int = Field(5432, ge=1, le=65535)
    """POSTGRES_DB_PORT: where the server, or the proxy, listens."""

    postgres_db_name: str = Field("crosswalk", min_length=1)
    """POSTGRES_DB_NAME: the database, which must be in UTF-8 and tell upper from lower case."""

    postgres_db_user: str = Field("crosswalk", min_length=1)
    """POSTGRES_DB_USER: the application role, as which the functions log in."""

    postgres_db_password: SecretStr | None = None
    """POSTGRES_DB_PASSWORD: the application role's password."""

    postgres_owner_user: str | None = Field(None, min_length=1)
    """POSTGRES_OWNER_USER: the role that owns the tables and runs migrations; by default the application role."""

    postgres_owner_password: SecretStr | None = None
    """POSTGRES_OWNER_PASSWORD: the owner role's password."""

    postgres_iam: bool = False
    """POSTGRES_IAM: if true, a role without a password logs in by a token, signed with the function's credentials."""

    postgres_tls_root: FilePath | None = None
    """POSTGRES_TLS_ROOT: a file of certificate authorities; if given, the server's certificate and name are checked."""

    aws_region: str | None = None
    """AWS_REGION: set by Lambda; a token is for one region."""

    @model_validator(mode="after")
    def check_iam(self) -> Self:
        if self.postgres_iam and not (self.postgres_tls_root and self.aws_region):
            raise ValueError("POSTGRES_IAM=true needs POSTGRES_TLS_ROOT, since a token is a password, and AWS_REGION")
        return self

    @property
    def owner(self) -> str:
        """The role that migrations run as."""
        return self.postgres_owner_user or self.postgres_db_user

    def get_password(self, user: str) -> str | None:
        """The password of one of the two roles, if it has one."""
        is_application = user == self.postgres_db_user
        secret = self.postgres_db_password if is_application else self.postgres_owner_password
        return secret.get_secret_value() if secret else None


@cache
def read_database_settings() -> DatabaseSettings:
    """The database's settings, read once for each execution environment."""
    return DatabaseSettings()


class PurgeSettings(BaseSettings):
    """What the nightly purge needs beside the database."""

    model_config = SettingsConfigDict(frozen=True, alias_generator=str.upper)

    users_retention_days: int = Field(30, ge=0)
    """USERS_RETENTION_DAYS: how long a deleted user's row stays before the purge removes it for good."""


@cache
def read_purge_settings() -> PurgeSettings:
    """The purge's settings, read once for each execution environment."""
    return PurgeSettings()


class StorageSettings(BaseSettings):
    """What every function that uses S3 needs."""

    model_config = SettingsConfigDict(frozen=True, alias_generator=str.upper)

    aws_region: str = Field(min_length=1)
    """AWS_REGION: set by Lambda; where the buckets are."""


@cache
def read_storage_settings() -> StorageSettings:
    """The settings for S3, read once for each execution environment."""
    return StorageSettings()


class ConversionSettings(StorageSettings):
    """What the functions of conversions through the service's own bucket need."""

    conversions_bucket: str = Field(min_length=1)
    """CONVERSIONS_BUCKET: where documents and results are, and how far each conversion is."""

    conversions_limit: int = Field(5 * 1024**3, ge=1, le=5 * 1024**3)
    """CONVERSIONS_LIMIT: bytes that an uploaded document may have; S3 takes 5 GiB in one upload."""


@cache
def read_conversion_settings() -> ConversionSettings:
    """The conversions' settings, read once for each execution environment."""
    return ConversionSettings()
