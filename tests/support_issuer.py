"""A small OpenID Connect provider on this machine, for tests. It signs what it is told to, right or wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey


class Issuer:
    """`claims` go into the next identity token; `wrong` says what is wrong with it."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.other = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.claims: dict[str, Any] = {}
        self.wrong = ""
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def authorize(self, address: str) -> dict[str, str]:
        """What the browser brings back after the person signed in at the provider."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert (
            asked["code_challenge_method"] == "S256" and asked["nonce"] and asked["response_type"] == "code"
        )
        code = secrets.token_urlsafe()
        self._codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def _token(self, form: dict[str, str]) -> dict[str, Any]:
        asked = self._codes.pop(form.get("code", ""), None)
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).rstrip(b"=").decode()
        if (
            asked is None
            or challenge != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": "https://evil.example" if self.wrong == "issuer" else self.address,
            "aud": "other" if self.wrong == "audience" else asked["client_id"],
            "nonce": "other" if self.wrong == "nonce" else asked["nonce"],
            "sub": "1",
            "iat": now - 7200 if self.wrong == "expired" else now,
            "exp": now - 3600 if self.wrong == "expired" else now + 300,
            **self.claims,
        }
        key = self.other if self.wrong == "signature" else self.key
        answer = {"access_token": "x", "token_type": "Bearer", "expires_in": 300}
        if self.wrong == "none":
            return answer
        return {**answer, "id_token": jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                base = issuer.address
                pages: dict[str, Any] = {
                    "/.well-known/openid-configuration": {
                        "issuer": base,
                        "authorization_endpoint": f"{base}/authorize",
                        "token_endpoint": f"{base}/token",
                        "jwks_uri": f"{base}/keys",
                        "id_token_signing_alg_values_supported": ["RS256"],
                    },
                    "/keys": KeySet([issuer.key]).as_dict(private=False),
                }
                self._send(pages.get(self.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                self._send(issuer._token({name: values[0] for name, values in parse_qs(body).items()}))

            def _send(self, content: Any) -> None:
                self.send_response(200 if content and "error" not in content else 400)
                self.send_header("content-type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(content).encode())

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
