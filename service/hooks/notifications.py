"""POST /notifications/{client}: a FHIR server says that something changed. What it sends along is not read."""

import hmac

from starlette.requests import Request
from starlette.responses import Response

from service.errors import NotAuthorised
from service.follow import Follower


class Notifications:
    """The address for the Subscriptions of clients that are followed; `secrets` by name of the client."""

    def __init__(self, follower: Follower, secrets: dict[str, str]) -> None:
        self._follower = follower
        self._secrets = secrets

    async def notified(self, http: Request) -> Response:
        """200 when the secret is right, whatever was sent and however often. Raises NotAuthorised."""
        tenant = str(http.path_params["client"])
        scheme, _, given = http.headers.get("authorization", "").partition(" ")
        secret = self._secrets.get(tenant)
        expected = secret or "no such client"
        right = hmac.compare_digest(given.strip().encode(), expected.encode())
        if scheme.lower() != "bearer" or secret is None or not right:
            raise NotAuthorised("wrong secret of a subscription")
        await self._follower.notified(tenant)
        return Response(status_code=200)
