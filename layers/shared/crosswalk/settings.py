"""Every environment variable that Crosswalk reads, typed; a wrong one is named when the function starts."""

from functools import cache

from pydantic import field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """What every function needs."""

    model_config = SettingsConfigDict(frozen=True)

    allowed_origins: str = ""
    """ALLOWED_ORIGINS: the origins, comma-separated, whose pages may call the API from a browser."""

    crosswalk_version: str = "development"
    """CROSSWALK_VERSION: what GET /health answers."""

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
