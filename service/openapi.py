"""The OpenAPI document of the service. Bodies are described by the published JSON Schema of CDS Hooks."""

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.call import SERVICE_ID

SCHEMA = "cds_hooks.schema.json#/$defs/"
OUTCOME = {"application/fhir+json": {"schema": {"type": "object", "required": ["resourceType", "issue"]}}}
WORDS = {
    400: "Malformed, or the request contradicts itself about the patient",
    404: "No such service",
    412: "Required data cannot be obtained; the prefetch keys are named",
    413: "The body is too large",
    415: "The body is not plain JSON",
    500: "A fault of the service",
    503: "Overload, or the deadline came with nothing ready",
}
READING, CALLING = (500, 503), (400, 404, 412, 413, 415, 500, 503)
FEEDBACK = (400, 404, 413, 415, 500, 503)


def answers(good: str | None, statuses: tuple[int, ...]) -> dict[int | str, dict[str, object]]:
    """Documented answers: the good one by its schema name (None = no body), the refusals as OperationOutcome."""
    content = {} if good is None else {"content": {"application/json": {"schema": {"$ref": SCHEMA + good}}}}
    found: dict[int | str, dict[str, object]] = {200: {"description": "Done", **content}}
    found[401] = {"description": "Not authorised; no reason is given"}
    found.update({status: {"description": WORDS[status], "content": OUTCOME} for status in statuses})
    return dict(sorted(found.items(), key=lambda item: int(item[0])))


def body(schema: str) -> dict[str, object]:
    """A documented JSON request body by its schema name."""
    content = {"application/json": {"schema": {"$ref": SCHEMA + schema}}}
    identity = {"name": "service_id", "in": "path", "required": True, "schema": {"type": "string", "const": SERVICE_ID}}
    return {
        "parameters": [identity],
        "requestBody": {"required": True, "content": content},
        "security": [{"cdsClient": []}],
    }


def document(app: FastAPI) -> dict[str, object]:
    """The whole document."""
    written = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, license_info=app.license_info
    )
    words = "JWT of the CDS client, signed with ES384 or RS384, as CDS Hooks defines it"
    scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": words}
    written.setdefault("components", {})["securitySchemes"] = {"cdsClient": scheme}
    return written
