"""RSA private keys from their PEM. Reading one checks it, which takes tens of ms: once each."""

from functools import lru_cache
from typing import cast

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@lru_cache(maxsize=64)
def private_key(pem: str) -> rsa.RSAPrivateKey:
    """Return the key; raises ValueError for what is no PEM of a private key."""
    return cast("rsa.RSAPrivateKey", serialization.load_pem_private_key(pem.encode(), None))
