"""Makes the engine of a function, by a secret of Secrets Manager or a login by IAM where its settings ask for one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities import parameters
from botocore.signers import generate_db_auth_token

from livecode.db.engine import configured_engine

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.config import Config
    from sqlalchemy import Engine

    from livecode.config import DatabaseSettings


def make_database_engine(
    settings: DatabaseSettings, *, signer: BaseClient, config: Config, application_name: str
) -> Engine:
    """Makes the engine that the settings ask for; nothing is connected or asked for yet.

    `signer` is any client of AWS: each can sign a token for RDS, and RDS's own client takes long to load. `config`
    bounds the calls to Secrets Manager.
    """
    return configured_engine(
        settings,
        get_secret=lambda arn: parameters.SecretsProvider(boto_config=config).get(arn),
        get_token=partial(generate_db_auth_token, signer),
        application_name=application_name,
    )
