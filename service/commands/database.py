"""`icu-twin database`: the version of the tables, moving them, and the chain of the audit."""

import typer

from service.settings import Settings
from service.store import audit, database


def version() -> int:
    """Print the version of the tables. Always 0."""
    engine = database.connected(Settings().database_url)
    typer.echo(database.version(engine) or "no tables")
    engine.dispose()
    return 0


def move(to: str) -> int:
    """Move the tables to a version; 2 when there is none of that name or the tables are newer than this release."""
    engine = database.connected(Settings().database_url)
    try:
        database.migrate(engine, to)
        typer.echo(f"the tables are at version {database.version(engine) or 'none'}")
    except (database.NewerDatabase, database.UnknownVersion) as error:
        typer.echo(str(error), err=True)
        return 2
    finally:
        engine.dispose()
    return 0


def verify() -> int:
    """Walk the audit; 2 and the number of the first entry that does not fit."""
    engine = database.connected(Settings().database_url)
    broken = audit.first_broken(engine)
    engine.dispose()
    if broken is None:
        typer.echo("the audit is whole")
        return 0
    typer.echo(f"the audit was changed at or before entry {broken}", err=True)
    return 2
