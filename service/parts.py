"""What every call shares: settings, clock, pool, connections, database, counters."""

from dataclasses import dataclass

import sqlalchemy as sa

from service.afterwards import Afterwards
from service.clock import Clock
from service.fhir_client import FhirClient
from service.observability import Metrics
from service.policy_file import Policies
from service.scorer import Scorer
from service.settings import Settings
from service.twins import Twins
from service.workers import Workers
from twin_engine.risk.load import RiskModels
from twin_engine.site import Site


@dataclass(frozen=True, slots=True)
class Parts:
    """The shared parts of one running service."""

    settings: Settings
    clock: Clock
    workers: Workers
    fhir: FhirClient
    engine: sa.Engine
    site: Site
    policies: Policies
    risks: RiskModels
    twins: Twins
    metrics: Metrics
    fits: Afterwards
    scorer: Scorer
