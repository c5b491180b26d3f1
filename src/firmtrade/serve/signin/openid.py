"""OpenID Connect: the team's own identity provider says who somebody is and which groups they are in.

Authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, section 3.1; RFC 7636), through
authlib. A TOML file says where the provider is and which of its groups have which role.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmtrade.errors import StudyError
from firmtrade.serve.signin.accounts import person_of
from firmtrade.serve.signin.rights import ROLES, Person

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KEYS = {"issuer", "client", "secret_variable", "claim", "name", "roles", "export"}


@dataclass(frozen=True)
class Provider:
    """An identity provider. `roles` maps a role to the values of `claim` that have it; `export` likewise.

    The client's secret is in the environment variable `secret_variable`, never in the file.
    """

    issuer: str
    client: str
    secret_variable: str
    claim: str
    name: str
    roles: dict[str, tuple[str, ...]]
    export: tuple[str, ...]

    def person(self, claims: dict[str, Any]) -> Person | None:
        """Who the provider says this is; None for somebody without a role here."""
        given = claims.get(self.claim, [])
        groups = {given} if isinstance(given, str) else {str(each) for each in given}
        held = [role for role, values in self.roles.items() if groups & set(values)]
        name = str(claims.get(self.name, "")).strip()
        if not held or not name:
            return None
        return person_of(name, held, bool(groups & set(self.export)))


def read_provider(path: Path) -> Provider:
    """Read the file that names the provider.

    Raises:
        StudyError: it cannot be read, or an entry is missing or unknown.
    """
    try:
        entry = tomllib.loads(path.read_text(encoding="utf-8"))["openid"]
    except (OSError, ValueError, KeyError) as error:
        raise StudyError(f"{path} does not describe an identity provider under [openid]: {error}.") from None
    if unknown := sorted(set(entry) - KEYS):
        raise StudyError(f"{path}: [openid] has no entry '{unknown[0]}'. It has {', '.join(sorted(KEYS))}.")
    if missing := [key for key in ("issuer", "client", "roles") if not entry.get(key)]:
        raise StudyError(f"{path}: [openid] needs {', '.join(missing)}.")
    if wrong := sorted(set(entry["roles"]) - set(ROLES)):
        raise StudyError(f"{path}: there is no role '{wrong[0]}'. Roles: {', '.join(ROLES)}.")
    issuer = str(entry["issuer"]).rstrip("/")
    if not issuer.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise StudyError(f"{path}: the issuer must be an https address, and is '{issuer}'.")
    return Provider(
        issuer,
        str(entry["client"]),
        str(entry.get("secret_variable", "FIRMTRADE_OPENID_SECRET")),
        str(entry.get("claim", "groups")),
        str(entry.get("name", "preferred_username")),
        {role: tuple(map(str, values)) for role, values in entry["roles"].items()},
        tuple(map(str, entry.get("export", []))),
    )


async def ask(request: Request, provider: Provider, back: str) -> Response:
    """Send the browser to the provider; `back` is the address that it returns to."""
    answer: Response = await _client(request, provider).authorize_redirect(request, back)
    return answer


async def answered(request: Request, provider: Provider) -> Person | None:
    """Who came back from the provider; None if the answer does not hold or they have no role here."""
    from authlib.common.errors import AuthlibBaseError
    from httpx import HTTPError
    from joserfc.errors import JoseError

    try:
        token = await _client(request, provider).authorize_access_token(request)
    except (AuthlibBaseError, JoseError, HTTPError, KeyError, TypeError, ValueError, RuntimeError):
        return None
    claims = token.get("userinfo")  # only where the signed id_token was checked against our nonce
    return provider.person(dict(claims)) if claims else None


def _client(request: Request, provider: Provider) -> Any:
    """authlib's client of the provider, made once for a server."""
    kept = request.app.state.site.kept
    if "openid" not in kept:
        from authlib.integrations.starlette_client import OAuth

        house = OAuth()
        house.register(
            "house",
            client_id=provider.client,
            client_secret=os.environ.get(provider.secret_variable) or None,
            server_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
        )
        kept["openid"] = house
    return kept["openid"].house
