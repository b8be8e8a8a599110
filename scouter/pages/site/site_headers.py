"""What browsers are told beside a page: what may run, who may frame it, that nobody keeps it."""

from __future__ import annotations

_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
)

FOR_EVERY_PAGE = {
    "Content-Security-Policy": "; ".join(_POLICY),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Cookie, Accept-Encoding",
}

FOR_A_YEAR = {"Cache-Control": "public, max-age=31536000, immutable"}

FOR_DOWNLOADS = {**FOR_EVERY_PAGE, "Content-Security-Policy": "default-src 'none'; sandbox"}
