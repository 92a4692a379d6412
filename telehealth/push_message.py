"""Web Push messages: sealed for one browser (RFC 8291, RFC 8188), signed for one push service (RFC 8292)."""

from __future__ import annotations

import base64
import json
import os
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD = 4096  # bytes, more than any push service takes
TRUST = timedelta(hours=12)  # how long a signature holds; push services refuse more than 24 hours


def new_key() -> str:
    """A fresh private key: the 32 bytes of its number, in base64url."""
    return encoded(ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32))


def public_key(private: str) -> str:
    """What a browser is told of a private key, in base64url."""
    return encoded(_point(_private_key(private).public_key()))


def seal(text: str, key: str, secret: str, *, salt: bytes = b"", own: ec.EllipticCurvePrivateKey | None = None) -> bytes:
    """The message's body, which only the browser of this key and secret can open.

    `salt` and `own` are made anew for each message; they are named to compare with the standard's example.
    Raises ValueError when the key is none.
    """
    salt, own = salt or os.urandom(16), own or ec.generate_private_key(ec.SECP256R1())
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(key))
    sender = _point(own.public_key())
    shared = own.exchange(ec.ECDH(), theirs)
    both = _derived(shared, decoded(secret), b"WebPush: info\0" + _point(theirs) + sender, 32)
    cipher = AESGCM(_derived(both, salt, b"Content-Encoding: aes128gcm\0", 16))
    nonce = _derived(both, salt, b"Content-Encoding: nonce\0", 12)
    sealed = cipher.encrypt(nonce, text.encode() + b"\x02", None)
    return salt + RECORD.to_bytes(4) + bytes([len(sender)]) + sender + sealed


def authorization(private: str, audience: str, contact: str, now: datetime) -> str:
    """The header that says who sends. `audience` is the push service's origin, `contact` a mailto: or https: address."""
    claims = {"aud": audience, "exp": int((now + TRUST).timestamp()), "sub": contact}
    said = f"{_part({'typ': 'JWT', 'alg': 'ES256'})}.{_part(claims)}"
    r, s = decode_dss_signature(_private_key(private).sign(said.encode(), ec.ECDSA(hashes.SHA256())))
    return f"vapid t={said}.{encoded(r.to_bytes(32) + s.to_bytes(32))}, k={public_key(private)}"


def encoded(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def _private_key(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decoded(text)), ec.SECP256R1())


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _part(claims: dict[str, object]) -> str:
    return encoded(json.dumps(claims, separators=(",", ":")).encode())
