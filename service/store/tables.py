"""The tables. Patient data stand in `scenario`, in the gist of a card, in a withheld card and in the parts of a twin only, so
that they can be deleted and the audit remains.

`audit` is append-only: each row holds digests of what was decided and the digest of the row before it.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

invocation = Table(
    "invocation",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("hook", String(64), nullable=False),
    Column("hook_instance", String(2048), nullable=False),
    Column("body_digest", String(64), nullable=False),
    Column("patient_key", String(64), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("status", Integer, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("partial", Boolean, nullable=False),
    Column("ms", Float, nullable=False),
    Column("versions", JSON, nullable=False),
    Column("once", String(64)),
    Index("invocation_once", "once", unique=True),
    Index("invocation_patient", "patient_key", "at"),
    Index("invocation_at", "at"),
)

card = Table(
    "card",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("invocation_id", String(36), ForeignKey("invocation.id"), primary_key=True, index=True),
    Column("topic", String(100), nullable=False),
    Column("indicator", String(8), nullable=False),
    Column("once_key", String(64)),
    Column("drug", String(64)),
    Column("fingerprint", String(64)),
    Column("gist", JSON),
)

alert = Table(
    "alert",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("invocation_id", String(36), ForeignKey("invocation.id"), nullable=False),
    Column("tenant", String(64), nullable=False),
    Column("patient_key", String(64), nullable=False),
    Column("hook", String(64), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("card_uuid", String(36)),
    Column("rule", String(100), nullable=False),
    Column("indicator", String(8), nullable=False),
    Column("signs", JSON, nullable=False),
    Column("stay_key", String(64)),
    Column("withheld_by", String(16)),
    Column("reason", Text),
    Column("event", String(32)),
    Column("happened", Boolean),
    Column("card", JSON(none_as_null=True)),
    Index("alert_patient", "patient_key", "at"),
    Index("alert_card", "card_uuid"),
    Index("alert_call", "invocation_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("invocation_id", String(36), ForeignKey("invocation.id"), nullable=False),
    Column("scenario_digest", String(64)),
    Column("answer_digest", String(64), nullable=False),
    Column("previous", String(64), nullable=False, unique=True),
    Column("chained", String(64), nullable=False, unique=True),
)

scenario = Table(
    "scenario",
    metadata,
    Column("invocation_id", String(36), ForeignKey("invocation.id"), primary_key=True),
    Column("at", DateTime, nullable=False, index=True),
    Column("scenario", Text),
    Column("answer", Text, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("tenant", String(64), nullable=False),
    Column("card", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("outcome_at", String(64), nullable=False),
    Column("suggestions", JSON, nullable=False),
    Column("reason_system", String(255)),
    Column("reason_code", String(255)),
    Column("comment", Text),
    Column("known_card", Boolean, nullable=False),
    Column("received_at", DateTime, nullable=False),
    UniqueConstraint("tenant", "card", "outcome", "outcome_at"),
    Index("feedback_card", "tenant", "card"),
)

seen_token = Table(
    "seen_token",
    metadata,
    Column("issuer", String(255), primary_key=True),
    Column("jti_digest", String(64), primary_key=True),
    Column("expires_at", DateTime, nullable=False, index=True),
)

twin = Table(
    "twin",
    metadata,
    Column("patient_key", String(64), primary_key=True),
    Column("chart", String(16), primary_key=True),
    Column("version", String(64), primary_key=True),
    Column("at", DateTime, nullable=False, index=True),
)

twin_part = Table(
    "twin_part",
    metadata,
    Column("patient_key", String(64), primary_key=True),
    Column("chart", String(16), primary_key=True),
    Column("version", String(64), primary_key=True),
    Column("at", DateTime, primary_key=True, index=True),
    Column("name", String(100), primary_key=True),
    Column("claimed_until", DateTime, nullable=False),
    Column("body", LargeBinary),
)

prediction = Table(
    "prediction",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("invocation_id", String(36), ForeignKey("invocation.id"), nullable=False),
    Column("patient_key", String(64)),
    Column("tenant", String(64), nullable=False),
    Column("topic", String(100)),
    Column("drug", String(64), nullable=False),
    Column("option", String(300), nullable=False),
    Column("variable", String(64), nullable=False),
    Column("made_at", DateTime, nullable=False, index=True),
    Column("closes_at", DateTime, nullable=False),
    Column("version", String(64), nullable=False),
    Column("groups", JSON, nullable=False),
    Column("status", String(10), nullable=False),
    Column("why", String(100)),
    Column("lead_h", Float),
    Column("unit", String(32)),
    Column("error", Float),
    Column("relative", Float),
    Column("inside", Boolean),
    UniqueConstraint("invocation_id", "option", "variable"),
    Index("prediction_awaiting", "patient_key", "status"),
)

questioned = Table(
    "questioned",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("patient_key", String(64), nullable=False, index=True),
    Column("card", String(36), nullable=False),
    Column("variable", String(64), nullable=False),
    Column("measured_at", DateTime, nullable=False),
    Column("value_digest", String(64), nullable=False),
    Column("said_at", DateTime, nullable=False, index=True),
    UniqueConstraint("card", "variable"),
)

watched = Table(
    "watched",
    metadata,
    Column("patient_key", String(64), primary_key=True),
    Column("tenant", String(64), nullable=False),
    Column("sealed", Text, nullable=False),
    Column("seen_at", DateTime, nullable=False),
    Index("watched_tenant", "tenant", "seen_at"),
)

cursor = Table(
    "cursor",
    metadata,
    Column("tenant", String(64), primary_key=True),
    Column("kind", String(64), primary_key=True),
    Column("read_up_to", DateTime, nullable=False),
)

job = Table(
    "job",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(32), nullable=False),
    Column("key", String(64), nullable=False),
    Column("due_at", DateTime, nullable=False),
    Column("claimed_until", DateTime),
    Column("attempts", Integer, nullable=False),
    Column("again", Boolean, nullable=False),
    UniqueConstraint("kind", "key"),
    Index("job_due", "due_at"),
)
