"""
Personal numbers at rest: encrypted to be read, and a keyed hash to be found.

A plain hash of a NIK is no protection: there are few enough plausible numbers to try them all.
The index is therefore keyed, with a key that is not in the database.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.keys import Keyring

NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals one column. Row and column are authenticated with it: a cell cannot be moved."""

    keys: Keyring
    column: str

    def seal(self, row_id: UUID, plain: str) -> tuple[str, bytes]:
        """Return the key's id and nonce + AES-GCM ciphertext."""
        key_id, nonce = self.keys.data_current, os.urandom(NONCE_BYTES)
        cipher = AESGCM(self.keys.data[key_id])
        return key_id, nonce + cipher.encrypt(nonce, plain.encode(), self._place(row_id))

    def open(self, row_id: UUID, key_id: str, sealed: bytes) -> str:
        """Return the plain text; raises `InvalidTag` if the cell was changed or moved."""
        cipher = AESGCM(self.keys.data[key_id])
        nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        return cipher.decrypt(nonce, body, self._place(row_id)).decode()

    def index(self, plain: str) -> bytes:
        """Return the keyed hash under which the value is found (HMAC-SHA256, 32 bytes)."""
        key = self.keys.index[self.keys.index_current]
        return hmac.digest(key, f"{self.column}\x00{plain}".encode(), hashlib.sha256)

    def _place(self, row_id: UUID) -> bytes:
        return self.column.encode() + row_id.bytes
